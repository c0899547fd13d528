"""The command: `python -m benchmarks`."""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path

import click

from benchmarks.report import machine, plain, table

GROUPS = ("calls", "webhooks", "start", "generate", "sandbox", "receiver", "inbox", "reconcile")
RESULTS = Path(__file__).parent / "results"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("groups", nargs=-1, type=click.Choice(GROUPS))
@click.option("--rounds", type=click.IntRange(min=2), help="How many rounds, in place of each group's own number.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="One file for all results.")
@click.option("--quick", is_flag=True, help="Fewer rounds: about half a minute in all, wider quartiles.")
def main(groups: tuple[str, ...], rounds: int | None, file: Path | None, quick: bool) -> None:
    """Measure the kit beside its peers; every GROUP when none is named.

    A figure is a ratio to the first line, made within one round; the table has its median and quartiles over all
    rounds. The sandbox has no peer: its figures are its own. Absolute times are for information. Results go to
    benchmarks/results/GROUP.json. Speaks to this machine only; the exit code is 0 whatever the figures say.

    \b
    Examples:
      python -m benchmarks
      python -m benchmarks calls webhooks
      python -m benchmarks start --rounds 100
      python -m benchmarks --quick --json figures.json
      python -m benchmarks.reconcile large
    """  # noqa: D301  # click's mark for lines to be left as they are
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:  # noqa: TID251  # the command reads it
        del os.environ[name]  # noqa: TID251  # no proxy stands between us and this machine
    about, every = machine(), {}
    for group in groups or GROUPS:
        module = import_module(f"benchmarks.{group}")
        number = rounds or (module.QUICK_ROUNDS if quick else module.ROUNDS)
        rows = module.measure(number)
        click.echo(f"{module.WHAT}\n{number} rounds\n\n{table(rows, module.SCALE)}\n")
        every[group] = {"rounds": number, "rows": [plain(row) for row in rows]}
        if file is None:
            RESULTS.mkdir(exist_ok=True)
            _write(RESULTS / f"{group}.json", {"machine": about, "groups": {group: every[group]}})
    if file is not None:
        _write(file, {"machine": about, "groups": every})


def _write(file: Path, found: object) -> None:
    file.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
