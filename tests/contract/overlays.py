"""What the tests of overlays share."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import yaml

from halopay_kit.contract.exchange import Observed
from halopay_kit.contract.finding import Finding
from halopay_kit.contract.kinds import KINDS
from halopay_kit.contract.overlay import Action, Overlay, apply, read
from halopay_kit.contract.result import Result
from tests.conftest import ROOT

FILE = ROOT / "spec/halopay.yaml"
TEXT = FILE.read_text("utf-8")
DAY = "2026-11-23"
SEEN = {"x-provenance": "observed", "x-source": f"observed#{DAY}"}
ENDED = 1795432000.0  # on that day

HEAD = "overlay: 1.1.0\ninfo: {title: A test, version: '1'}\nactions:\n"


def overlay(*actions: Mapping[str, Any]) -> Overlay:
    """Return an overlay of these actions, written and read."""
    made = Overlay(title="A test", version="1", actions=tuple(Action(**action) for action in actions))
    return read(made.text())


def changed(text: str, *actions: Mapping[str, Any]) -> str:
    """Return a text after these actions; `apply` itself makes sure that a second time changes nothing."""
    made = overlay(*actions)
    return apply(text, made).after


def lines(before: str, after: str) -> list[str]:
    """Return the lines that went and came."""
    found = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line[0] + line[2:].strip() for line in found if line[0] in "+-"]


def data(text: str) -> Any:
    """Return what a text says, to YAML 1.1 as others read it."""
    return yaml.load(text, Loader=yaml.CSafeLoader)


def finding(kind: str, place: str, pointer: str | None = None, **seen: Any) -> Finding:
    """Return a finding as the judge would."""
    return Finding(
        kind=kind,
        grade=KINDS[kind].grade,
        place=place,
        pointer=pointer,
        says=f"{place}: {kind}.",
        seen=seen,
        evidence=("x1", "d1"),
    )


def result(*findings: Finding, target: str = "sandbox", **more: Any) -> Result:
    """Return what came of a run that saw these."""
    live = more.pop("live", False)
    observed = Observed(target=target, started=ENDED, ended=ENDED, live=live)
    return Result(observed=observed, findings=findings, **more)
