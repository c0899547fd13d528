"""Wall time of generating code from the spec."""

from __future__ import annotations

import sys
import tempfile

from benchmarks.measure import ROOT, Row, interleave, ratios
from benchmarks.processes import environment, wall, wall_cases

SCALE = "ms"
ROUNDS, QUICK_ROUNDS = 7, 3
WHAT = """\
generate: wall time of whole processes. datamodel-codegen makes models, as dataclasses and formatted by ruff;
codegen makes models, operations, codec and tables."""

REFERENCE = "datamodel-codegen"
OURS = "python -m codegen generate"
TARGETS = {OURS: 1.5}


def measure(rounds: int) -> list[Row]:
    """Generate into a temporary directory, alternately."""
    spec = str(ROOT / "spec" / "halopay.yaml")
    with tempfile.TemporaryDirectory() as directory, environment() as environ:
        theirs = [sys.executable, "-m", "datamodel_code_generator", "--input", spec, "--input-file-type", "openapi"]
        theirs += ["--output", f"{directory}/models.py", "--output-model-type", "dataclasses.dataclass"]
        theirs += ["--target-python-version", "3.11", "--formatters", "ruff-check", "ruff-format"]
        ours = [sys.executable, "-m", "codegen", "generate", "--out", f"{directory}/halopay_api"]
        cases = wall_cases({REFERENCE: wall(environ, *theirs), OURS: wall(environ, *ours)})
        return ratios(cases, interleave(cases, rounds), REFERENCE, TARGETS)
