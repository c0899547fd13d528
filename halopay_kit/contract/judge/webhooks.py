"""Webhooks: which one a body is, and whether its header says the same as its status."""

from __future__ import annotations

from collections.abc import Mapping

from halopay_kit.contract.exchange import Delivery
from halopay_kit.contract.judge.docket import Docket
from halopay_kit.contract.judge.headers import letters
from halopay_kit.contract.judge.message import Message
from halopay_kit.contract.judge.rows import SUBJECTS, Row, Story
from halopay_kit.contract.judge.spec import Owner, Spec, bare
from halopay_kit.contract.judge.values import safe_value

_STATUS = "status"
_HEADER = "x-eventtype"


def which(spec: Spec, delivery: Delivery, fields: Mapping[str, object], story: Story) -> Owner:
    """Return the webhook that a body is: by the number of what was created, else by the fields that it has."""
    known = [owner for owner in spec.webhooks.values() if story.find(SUBJECTS.get(owner.name, ""), fields) is not None]
    if len(known) == 1:
        return known[0]
    came = {bare(name) for name in fields}

    def likeness(owner: Owner) -> tuple[int, bool, bool]:
        names = owner.shape.plain.keys()
        routed = ("out_trade_no" in fields) == ("out_trade_no" in owner.shape.fields)
        return 2 * len(came & names) - len(came - names) - len(names - came), owner.name == delivery.webhook, routed

    return max(spec.webhooks.values(), key=likeness)


def judge_event_type(spec: Spec, owner: Owner, row: Row, message: Message, docket: Docket) -> None:
    """Compare X-EventType with the body's status: only letters count (`Time-Out`, `TIME-OUT`)."""
    said, field = message.headers.get(_HEADER), owner.shape.fields.get(_STATUS)
    if said is None or field is None or not field.values:
        return
    pointer, _ = spec.headers.get(_HEADER, (None, False))
    listed = {
        letters(str(value)) for each in spec.webhooks.values() for value in _values(each) if isinstance(value, str)
    }
    status = row.clean(_STATUS)
    place = f"header.{_HEADER}"
    if letters(said) not in listed and (status is None or letters(said) != letters(str(status))):
        if _is_of(row, said):
            return
        docket.report("value-unknown", place, message.evidence, pointer=pointer, seen={"value": safe_value(said)})
    elif isinstance(status, str) and letters(said) != letters(status) and status not in field.undocumented:
        docket.report("event-type", place, message.evidence, pointer=pointer)


def _values(owner: Owner) -> frozenset[object]:
    field = owner.shape.fields.get(_STATUS)
    return frozenset() if field is None else field.values


def _is_of(row: Row, said: str) -> bool:
    """Say whether it is what the body says, where that is no status of the spec."""
    status = row.fields.get(_STATUS)
    return isinstance(status, str) and letters(said) == letters(status)
