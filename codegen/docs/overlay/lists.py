"""Drifts of codes, statuses and what all webhooks share → corrections."""

from __future__ import annotations

from codegen.docs.drift import Drift
from codegen.docs.overlay.desk import Desk, described
from codegen.docs.overlay.fields import add_value
from codegen.docs.overlay.schema import member

_LONGEST_CODE = 9
_DELIVERY = ("x-webhook-delivery",)
_WORD = ("components", "schemas", "Acknowledgement", "enum")


def add_code(desk: Desk, drift: Drift) -> None:
    """List a result code; what it says of a call that moves money is not known, and said so."""
    digits = drift.name.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > _LONGEST_CODE:
        desk.remark(drift, "It is no number that a code could be: see what the page means.")
        return
    row = {
        "name": f"CODE_{drift.name.replace('-', 'MINUS_')}",
        "meaning": described(str(drift.told.get("description", ""))) or "not explained",
        "outcome": "unknown",
        "advice": "Query the order or payout before you try again.",
        "x-provenance": "documented",
    }
    update = {"enum": [int(drift.name)], "x-values": {str(int(drift.name)): row}}
    desk.update(desk.path(drift.pointer), update, str(drift))
    desk.remark(drift, "Say in x-values what it says of a call that moves money: `outcome` done, not-done or unknown.")


def add_status(desk: Desk, drift: Drift) -> None:
    """List a status with its meaning."""
    if drift.subject == "status":
        desk.remark(drift, "It stands in a list of all statuses: find out whose it is, and list it there.")
        return
    if not member(drift.name):
        add_value(desk, drift)
        return
    said = described(str(drift.told.get("description", ""))) or "not explained"
    update = {"enum": [drift.name], "x-values": {drift.name: {"meaning": said, "x-provenance": "documented"}}}
    desk.update(desk.path(drift.pointer), update, str(drift))


def reword(desk: Desk, drift: Drift) -> None:
    """Take over what HaloPay says that a value means."""
    place, said = desk.path(drift.pointer), described(str(drift.now))
    if "x-values" in place:
        desk.update(place, {"meaning": said}, str(drift))
    else:
        desk.update(place, {"x-values": {drift.name: {"meaning": said}}}, str(drift))


def reschedule(desk: Desk, drift: Drift) -> None:
    """Put another schedule in the place of the one that stood there."""
    key = "retry-after-seconds"
    desk.update(_DELIVERY, desk.mark(drift.source), str(drift))
    desk.remove((*_DELIVERY, key), str(drift))
    desk.update(_DELIVERY, {key: [int(seconds) for seconds in drift.now]}, str(drift))


def acknowledge(desk: Desk, drift: Drift) -> None:
    """Answer webhooks with another word."""
    was, now = str(drift.was), described(str(drift.now))
    desk.update((*_DELIVERY, "acknowledgement"), {"body": now, **desk.mark(drift.source)}, str(drift))
    node = desk.node("/components/schemas/Acknowledgement")
    if was in node.get("enum", ()):
        desk.remove(_WORD, str(drift), item=was)
        desk.append(_WORD, now, str(drift))
    desk.remark(drift, "Receivers answer with it: make sure of it before you run one with it.")
