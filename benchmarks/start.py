"""Wall time of whole processes that start, import, and end."""

from __future__ import annotations

import sys

from benchmarks.measure import Row, difference, interleave, ratio, ratios
from benchmarks.processes import environment, wall, wall_cases

SCALE = "ms"
ROUNDS, QUICK_ROUNDS = 30, 6
WHAT = """\
start: wall time of whole processes, from start to end. `halopay --version` and `hello` are run in the same way,
by importing their `main` and calling it. Bytecode is cached for all, as pip leaves it behind."""

REFERENCE = "python -c pass"
URLLIB3, KIT = "import urllib3", "from halopay_kit import HaloPay"
VERSION, HELLO = "halopay --version", "hello of click"
_MAIN = "import sys; sys.argv[0] = {name!r}; from {module} import main; sys.exit(main())"


def measure(rounds: int) -> list[Row]:
    """Run every command once per round."""
    commands = {
        REFERENCE: ("pass",),
        URLLIB3: ("import urllib3",),
        "import halopay_kit": ("import halopay_kit",),
        KIT: (f"import halopay_kit; {KIT}",),
        VERSION: (_MAIN.format(name="halopay", module="halopay_kit.cli"), "--version"),
        HELLO: (_MAIN.format(name="hello", module="benchmarks.hello"),),
    }
    with environment() as environ:
        cases = wall_cases({name: wall(environ, sys.executable, "-c", *code) for name, code in commands.items()})
        series = interleave(cases, rounds)
    rows = ratios(cases, series, REFERENCE, {})
    if KIT in series and URLLIB3 in series:
        rows.append(difference(series, KIT, URLLIB3, target=40, label="importing HaloPay, over urllib3"))
    if VERSION in series and HELLO in series:
        rows.append(ratio(series, VERSION, HELLO, target=2, label="halopay --version, to hello"))
    return rows
