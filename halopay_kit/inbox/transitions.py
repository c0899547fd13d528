"""What is news: one table of where a payment or payout stands, what is said of it next, and what that makes of it.

A subject (an order, one payment to a QR code, a payout) stands at a status and at the largest amount collected that
was told. What is said of it is compared with that; a status that the table does not know never moves it. Where a
subject stands never goes backwards, so what was once taken in can never be news again, in whatever order it comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

Verdict = Literal["news", "repeat", "regress", "conflict", "unknown-status", "unknown-type"]
"""What an event is to the merchant.

- `news`: handed on.
- `repeat`: says in other bytes what is known already.
- `regress`: says what was overtaken; a delivery that came late.
- `conflict`: contradicts an end that was reached, as a FAIL after PAID does; for a human to look at.
- `unknown-status`: a status that this kit does not know, with an amount not yet heard with it; handed on.
- `unknown-type`: no event at all; only its bytes are kept.
"""

HANDED_ON: Final[frozenset[Verdict]] = frozenset({"news", "unknown-status"})

Kind = Literal["payment", "payment-qr-code", "payout"]
KINDS: Final[tuple[Kind, ...]] = ("payment", "payment-qr-code", "payout")


class Rule(NamedTuple):
    """Say what an event is, by its amount collected beside the known one: less, the same (or none told), more.

    Where no amount is known, zero is the same, and any other is more; or it is what the rule says of the `first`, which
    is noted. `stands` is where the subject stands after news; None: at the event's status. With `anew` the amount known
    before counts no longer, even if the event tells none.
    """

    less: Verdict
    same: Verdict
    more: Verdict
    stands: str | None = None
    first: Verdict | None = None
    anew: bool = False


class Standing(NamedTuple):
    """Where a subject stands; `others` are statuses beyond the table that were heard, each with its amount."""

    status: str | None = None
    amount: Decimal | None = None
    others: frozenset[tuple[str | None, str | None]] = frozenset()


NOTHING: Final = Standing()

_NEWS = Rule("news", "news", "news")
_GROWS = Rule("regress", "repeat", "news")
_PAID = Rule("news", "news", "news", anew=True)  # what was collected at last may not be told with it, as by a query
_OVERPAID = Rule("regress", "repeat", "news", first="repeat")  # more afterwards; not if it is how much at last
_AGAIN = Rule("repeat", "repeat", "repeat")
_LATE = Rule("regress", "regress", "regress")
_CONFLICT = Rule("conflict", "conflict", "conflict")

_Table = Mapping[tuple[str | None, str], Rule]

# FAIL stands in the list of common statuses and not in that of the payment webhook; should it come for a payment, it
# must not pass for something harmless beside a PAID.
_PAYMENT: _Table = MappingProxyType(
    {
        (None, "TO-BE-PAID"): _NEWS,
        (None, "TIME-OUT"): _NEWS,
        (None, "PAID"): _PAID,
        (None, "FAIL"): _NEWS,
        ("TO-BE-PAID", "TO-BE-PAID"): _GROWS,  # one more part was paid
        ("TO-BE-PAID", "TIME-OUT"): _NEWS,
        ("TO-BE-PAID", "PAID"): _PAID,
        ("TO-BE-PAID", "FAIL"): _NEWS,
        ("TIME-OUT", "TO-BE-PAID"): Rule("regress", "regress", "news", stands="TIME-OUT"),  # a part, too late
        ("TIME-OUT", "TIME-OUT"): _GROWS,
        ("TIME-OUT", "PAID"): _PAID,  # all of it, too late
        ("TIME-OUT", "FAIL"): _NEWS,
        ("PAID", "TO-BE-PAID"): _LATE,
        ("PAID", "TIME-OUT"): _LATE,
        ("PAID", "PAID"): _OVERPAID,
        ("PAID", "FAIL"): _CONFLICT,
        ("FAIL", "TO-BE-PAID"): _LATE,
        ("FAIL", "TIME-OUT"): _LATE,
        ("FAIL", "PAID"): _CONFLICT,
        ("FAIL", "FAIL"): _AGAIN,
    }
)

# A payout collects nothing, so amounts do not matter. TIME-OUT is a common status that its list does not have.
_PAYOUT: _Table = MappingProxyType(
    {
        (None, "TO-BE-PAID"): _NEWS,
        (None, "TIME-OUT"): _NEWS,
        (None, "PAID"): _NEWS,
        (None, "FAIL"): _NEWS,
        ("TO-BE-PAID", "TO-BE-PAID"): _AGAIN,
        ("TO-BE-PAID", "TIME-OUT"): _NEWS,
        ("TO-BE-PAID", "PAID"): _NEWS,
        ("TO-BE-PAID", "FAIL"): _NEWS,
        ("TIME-OUT", "TO-BE-PAID"): _LATE,
        ("TIME-OUT", "TIME-OUT"): _AGAIN,
        ("TIME-OUT", "PAID"): _NEWS,
        ("TIME-OUT", "FAIL"): _NEWS,
        ("PAID", "TO-BE-PAID"): _LATE,
        ("PAID", "TIME-OUT"): _LATE,
        ("PAID", "PAID"): _AGAIN,
        ("PAID", "FAIL"): _CONFLICT,
        ("FAIL", "TO-BE-PAID"): _LATE,
        ("FAIL", "TIME-OUT"): _LATE,
        ("FAIL", "PAID"): _CONFLICT,
        ("FAIL", "FAIL"): _AGAIN,
    }
)

TABLE: Final[Mapping[Kind, _Table]] = MappingProxyType(
    {"payment": _PAYMENT, "payment-qr-code": _PAYMENT, "payout": _PAYOUT}
)
"""Per kind: where the subject stands (None: nothing is known) and the status that came, to the rule."""

Phase = Literal["open", "late", "final"]
"""Whether more is to come: `open`, only if somebody pays too `late`, or nothing (`final`)."""

PHASES: Final[Mapping[Kind, Mapping[str, Phase]]] = MappingProxyType(
    {
        "payment": MappingProxyType({"TIME-OUT": "late", "PAID": "final", "FAIL": "final"}),
        "payment-qr-code": MappingProxyType({"TIME-OUT": "late", "PAID": "final", "FAIL": "final"}),
        "payout": MappingProxyType({"PAID": "final", "FAIL": "final"}),
    }
)


def phase(kind: Kind, status: str | None) -> Phase:
    """Say whether more is to come for a subject that stands at `status`."""
    return PHASES[kind].get(status, "open") if status is not None else "open"


def judge(kind: Kind, standing: Standing, status: str | None, amount: Decimal | None) -> tuple[Verdict, Standing]:
    """Return what an event is, and where its subject stands after it."""
    if status is None or (None, status) not in TABLE[kind]:
        return _judge_unknown(standing, status, amount)
    rule = TABLE[kind][standing.status, status]
    known = standing.amount
    if amount is None or amount == known or (known is None and not amount):
        verdict = rule.same
    elif known is None and rule.first:
        return rule.first, standing._replace(amount=amount)
    else:
        verdict = rule.more if known is None or amount > known else rule.less
    if verdict != "news":
        return verdict, standing
    if amount is None:
        largest = None if rule.anew else known
    else:
        largest = known if known is not None and known > amount else amount
    return verdict, Standing(rule.stands or status, largest, standing.others)


def _judge_unknown(standing: Standing, status: str | None, amount: Decimal | None) -> tuple[Verdict, Standing]:
    heard = (status, None if amount is None else plain(amount))
    if heard in standing.others:
        return "repeat", standing
    return "unknown-status", standing._replace(others=standing.others | {heard})


def plain(amount: Decimal) -> str:
    """Write an amount so that equal ones are written alike: without an exponent and without zeros at the end."""
    text = f"{amount:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
