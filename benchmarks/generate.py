"""Wall time of generating code from the spec."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import ROOT, Row, interleave, ratios, wall, wall_cases

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
    scripts = str(Path(sys.executable).parent)  # where ruff is, which datamodel-codegen looks for
    environ = dict(os.environ)  # noqa: TID251  # handed on
    environ["PATH"] = scripts + os.pathsep + environ.get("PATH", "")
    with tempfile.TemporaryDirectory() as directory:
        theirs = [sys.executable, "-m", "datamodel_code_generator", "--input", spec, "--input-file-type", "openapi"]
        theirs += ["--output", f"{directory}/models.py", "--output-model-type", "dataclasses.dataclass"]
        theirs += ["--target-python-version", "3.11", "--formatters", "ruff-check", "ruff-format"]
        ours = [sys.executable, "-m", "codegen", "generate", "--out", f"{directory}/halopay_api"]
        cases = wall_cases({REFERENCE: wall(*theirs, env=environ), OURS: wall(*ours, env=environ)})
        return ratios(cases, interleave(cases, rounds), REFERENCE, TARGETS)
