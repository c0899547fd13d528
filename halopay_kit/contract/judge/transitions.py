"""What follows what: where an order or payout stands never goes back, whoever tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import attrs

from halopay_kit.contract.judge.docket import Docket, Evidence
from halopay_kit.contract.judge.rows import Row
from halopay_kit.contract.judge.spec import Owner
from halopay_kit.contract.judge.values import amount_of
from halopay_kit.inbox.transitions import NOTHING, Kind, Standing, judge, phase

_KINDS: Mapping[str, Kind] = {
    "order.detail": "payment",
    "webhook.payment": "payment",
    "webhook.payment_qr_code": "payment-qr-code",
    "payout.create": "payout",
    "payout.detail": "payout",
    "webhook.payout": "payout",
}
_BACK = frozenset({"regress", "conflict"})

Subject = tuple[Kind, str]


@attrs.frozen(kw_only=True)
class Told:
    """What one message says of where something stands.

    Attributes:
        time: when it happened, as a webhook says.
        begun, over: when the message began and when it had come, by the recorder's clock.
        order: which came first.
    """

    owner: Owner
    subject: Subject
    status: str
    amount: Decimal | None
    time: int | None
    begun: float | None
    over: float | None
    order: int
    evidence: Evidence


def told(owner: Owner, row: Row, order: int, begun: float | None, over: float | None) -> Told | None:
    """Return what a row says, None where it says nothing of the kind."""
    kind, status = _KINDS.get(owner.name), row.clean("status")
    number = row.clean("trade_no") or row.clean("out_trade_no")
    if kind is None or not isinstance(status, str) or not isinstance(number, str):
        return None
    field = owner.shape.fields.get("status")
    if field is None or status in field.undocumented:
        return None  # where it stands among the others is not known
    if kind == "payment-qr-code":
        number = f"{number} {row.clean('txid')}"
    time = row.clean("time")
    return Told(
        owner=owner,
        subject=(kind, number),
        status=status,
        amount=amount_of(row.clean("amount_collected")),
        time=time if type(time) is int else None,
        begun=begun,
        over=begun if over is None else over,
        order=order,
        evidence=row.evidence,
    )


def judge_webhooks(all_told: Iterable[Told], docket: Docket) -> None:
    """Judge webhooks in the order in which it happened; late ones and repetitions are as they should be."""
    for each in _by_subject(all_told).values():
        timed = all(one.time is not None for one in each)
        each.sort(key=lambda one: (one.time or 0, one.amount or Decimal(0), one.order) if timed else (0, 0, one.order))
        standing = NOTHING
        for one in each:
            standing = _next(standing, one, docket)


def judge_answers(all_told: Iterable[Told], ends: Mapping[Subject, Told], docket: Docket) -> None:
    """Judge answers in the order in which they came, beside the ends that webhooks told of."""
    for subject, each in _by_subject(all_told).items():
        each.sort(key=lambda one: (one.over is None, one.over or 0.0, one.order))
        standing, since, end = NOTHING, None, ends.get(subject)
        for one in each:
            if end is not None and _follows(one, end) and one.status != end.status:
                _report("transition-illegal", "status", end.status, one, docket)
                continue
            overlaps = one.begun is not None and since is not None and one.begun < since
            before, standing = standing, _next(standing, one, None if overlaps else docket)
            if standing != before:
                since = one.over


def ends(all_told: Iterable[Told]) -> Mapping[Subject, Told]:
    """Return the first webhook that told the end of each."""
    found: dict[Subject, Told] = {}
    for one in sorted(all_told, key=lambda each: each.order):
        if phase(one.subject[0], one.status) == "final" and one.over is not None:
            found.setdefault(one.subject, one)
    return found


def _next(standing: Standing, one: Told, docket: Docket | None) -> Standing:
    """Return where it stands after that; tell the docket of what goes back."""
    verdict, after = judge(one.subject[0], standing, one.status, one.amount)
    if docket is not None and verdict in _BACK:
        if one.status == standing.status:
            _report("amount-fell", "amount_collected", None, one, docket)
        else:
            _report("transition-illegal", "status", standing.status, one, docket)
    return after


def _follows(one: Told, end: Told) -> bool:
    """Say whether it certainly began after a webhook had come."""
    return one.begun is not None and end.over is not None and one.begun > end.over


def _by_subject(all_told: Iterable[Told]) -> dict[Subject, list[Told]]:
    found: dict[Subject, list[Told]] = {}
    for one in all_told:
        found.setdefault(one.subject, []).append(one)
    return found


def _report(kind: str, name: str, before: str | None, one: Told, docket: Docket) -> None:
    field = one.owner.shape.fields.get(name)
    docket.report(
        kind,
        f"{one.owner.name}.{name}",
        (one.evidence,),
        pointer=None if field is None else field.pointer,
        seen={} if before is None else {"from": before, "to": one.status},
    )
