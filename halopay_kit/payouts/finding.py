"""What an answer, an error or a webhook says about a payout, compared with what was asked for; pure.

A signature does not cover the request that it answers: whoever can replay an answer of the last two minutes can make a
refusal of another call, or another payout's success, look like this one's. So an answer counts for a payout only if it
names it: by its out_trade_no, or by the trade_no that another signed answer about it gave. And a refusal, which names
nothing, counts only together with a query that says the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import attrs

from halopay_api.codec import UnknownEvent
from halopay_kit.answers import Answer, printable
from halopay_kit.errors import AnswerError, DataNotExist, EchoMismatch, HaloPayError, OutcomeUnknown
from halopay_kit.inbox.identity import column
from halopay_kit.inbox.transitions import plain
from halopay_kit.payouts import addresses
from halopay_kit.payouts.causes import CAUSES, cause_of
from halopay_kit.payouts.payout import Payout
from halopay_kit.payouts.states import Happening

if TYPE_CHECKING:
    from halopay_kit.inbox import Stored

_LONGEST_ANSWER = 4000  # characters that the journal keeps

_STATUSES: Final[Mapping[str | None, tuple[Happening, str]]] = {
    None: ("under-way", "under-way"),
    "TO-BE-PAID": ("under-way", "under-way"),
    "PAID": ("paid", "paid"),
    "FAIL": ("fails", "failed"),
}
"""What HaloPay's status of a payout means; one that is not here is not understood."""


@attrs.frozen(kw_only=True)
class Finding:
    """Something that was found out, for the table of states.

    `claimant` is set where it is about one attempt alone, and then it is nothing to other attempts. `answer` is the
    text of the bytes whose hash is in `evidence`.
    """

    happening: Happening
    cause: str
    reason: str
    evidence: str | None = None
    answer: str | None = attrs.field(default=None, repr=False)
    status: str | None = None
    trade_no: str | None = None
    txid: str | None = None
    seen: bool = False
    claimant: str | None = None
    heard: int = 0
    who: str | None = None
    why: str | None = None


def found(cause: str, met: str = "", **more: Any) -> Finding:
    """Return a finding of a row of the table of causes, with what was met."""
    row = CAUSES[cause]
    return Finding(
        happening=more.pop("happening", row.happening),
        cause=cause,
        reason=f"{row.reason}: {printable(met, 300)}" if met else row.reason,
        **more,
    )


def of_attempt(error: BaseException, claimant: str) -> Finding:
    """Return what an attempt that ended with an error says."""
    cause = cause_of(error)
    met = _problem_of(error)
    return found(cause.name, met, claimant=claimant, **_proof("payout.create", _body_of(error)))


def of_creation(answer: Answer[Any], claimant: str, payout: Payout) -> Finding:
    """Return what HaloPay's answer to the attempt says."""
    finding = _of_data("payout.create", answer.data, answer.body, payout)
    if finding.happening == "under-way":
        finding = attrs.evolve(finding, cause="accepted", reason=CAUSES["accepted"].reason)
    return attrs.evolve(finding, claimant=claimant) if finding.happening == "unnamed" else finding


def of_detail(answer: Answer[Any], payout: Payout) -> Finding:
    """Return what HaloPay's answer to a query says."""
    return _of_data("payout.detail", answer.data, answer.body, payout)


def of_query_error(error: HaloPayError) -> Finding | None:
    """Return what a query that failed says; None if nothing is learned from it."""
    if isinstance(error, DataNotExist):
        return found("absent", **_proof("payout.detail", error.body))
    if isinstance(error, EchoMismatch):
        return found("mismatch", error.problem, **_proof("payout.detail", error.body))
    return None


def of_webhook(event: Stored, payout: Payout) -> Finding:
    """Return what a verified webhook says."""
    name = f"webhook:{event.id}"
    finding = _of_data(name, event.data, event.body, payout, out_trade_no=event.out_trade_no, trade_no=event.trade_no)
    return attrs.evolve(finding, heard=event.id)


def _of_data(name: str, data: Any, body: bytes, payout: Payout, **given: str | None) -> Finding:
    told = _Told(data, given)
    facts: dict[str, Any] = {
        **_proof(name, body),
        "status": column(told.text("status")),
        "trade_no": column(told.text("trade_no")),
        "txid": column(told.text("txid")),
        "seen": True,
    }
    out_trade_no, trade_no = told.text("out_trade_no"), facts["trade_no"]
    differs = told.differences(payout)
    if out_trade_no is not None and out_trade_no != payout.out_trade_no:
        return found("mismatch", f"it speaks of the out_trade_no {out_trade_no!r}", **facts)
    named = out_trade_no is not None or (trade_no is not None and trade_no == payout.trade_no)
    if not named:
        # Not `seen`: it may be another call's answer. Its trade_no is noted, so that a second one can agree with it.
        facts |= {"seen": False, "status": None, "txid": None, "trade_no": payout.trade_no or trade_no}
        return found("unnamed", **facts)
    if differs:
        return found("mismatch", differs, **{**facts, "trade_no": payout.trade_no or trade_no})
    if payout.trade_no is not None and trade_no is not None and trade_no != payout.trade_no:
        return found("twice", f"{payout.trade_no} and {trade_no}", **{**facts, "trade_no": payout.trade_no})
    happening, cause = _STATUSES.get(facts["status"], ("other-status", "other-status"))
    met = repr(facts["status"]) if happening == "other-status" else ""
    if (happening, payout.status) == ("fails", "PAID") or (happening, payout.state) == ("paid", "failed"):
        happening, cause = ("contradiction" if happening == "fails" else "paid"), "contradiction"
    return found(cause, met, happening=happening, **facts)


class _Told:
    """The fields of an answer or event, typed or, where HaloPay chose another shape than we guessed, as they came."""

    def __init__(self, data: object, given: Mapping[str, str | None]) -> None:
        self._data, self._given = data, given
        self._rest: Mapping[str, object] = data.fields if isinstance(data, UnknownEvent) else getattr(data, "extra", {})

    def value(self, name: str) -> object:
        """Return a field, None where it is not told."""
        if self._given.get(name) is not None:
            return self._given[name]
        value = getattr(self._data, name, None)
        return self._rest.get(name) if value is None else value

    def text(self, name: str) -> str | None:
        """Return a field that is a text, or a number where a text was expected."""
        value = self.value(name)
        if isinstance(value, str):
            return str.__str__(value) or None
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else None

    def differences(self, payout: Payout) -> str:
        """Say in which fields it is another payout than was asked for; what is not told is no difference."""
        amount, currency_id, address = (self.value(name) for name in ("amount", "currency_id", "address"))
        differing = [
            f"{name} {printable(str(told), 80)} where {wanted} was asked for"
            for name, told, wanted, same in (
                ("amount", amount, plain(payout.amount), _number(amount) == payout.amount),
                ("currency_id", currency_id, payout.currency_id, _number(currency_id) == payout.currency_id),
                ("address", address, payout.address, _folded(address) == addresses.folded(payout.address)),
            )
            if told is not None and not same
        ]
        return ", ".join(differing)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _folded(value: object) -> str | None:
    return addresses.folded(value) if isinstance(value, str) else None


def _problem_of(error: BaseException) -> str:
    if isinstance(error, OutcomeUnknown) and error.__cause__ is not None:
        error = error.__cause__
    return error.problem if isinstance(error, HaloPayError) else type(error).__name__


def _body_of(error: BaseException) -> bytes:
    """Return the bytes of the answer that an error is about, if there was one."""
    while not isinstance(error, AnswerError):
        if error.__cause__ is None:
            return b""
        error = error.__cause__
    return error.body


def _proof(name: str, body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    text = body.decode("utf-8", "backslashreplace").replace("\0", "\u2400")
    return {"evidence": f"{name}:sha256:{sha256(body).hexdigest()}", "answer": text[:_LONGEST_ANSWER]}
