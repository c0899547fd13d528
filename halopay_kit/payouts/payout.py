"""What is to be paid (`Intent`), and where it stands (`Payout`)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from halopay_api import codec
from halopay_api.operations import PAYOUT_CREATE
from halopay_kit.errors import IntentMismatch, InvalidRequest
from halopay_kit.inbox.transitions import plain
from halopay_kit.payouts import addresses
from halopay_kit.payouts.causes import CAUSES
from halopay_kit.payouts.states import OUTCOMES, Outcome, State

LONGEST = 128  # characters of an out_trade_no or address that we vouch to keep as they are


@attrs.frozen(kw_only=True)
class Intent:
    """A payout as the merchant wants it; `amount` is in tokens, exact."""

    app_id: str
    out_trade_no: str
    currency_id: int
    amount: Decimal
    address: str

    @property
    def shown(self) -> str:
        """Say what is to be paid, in one line."""
        return f"{plain(self.amount)} of currency {self.currency_id} to {self.address}"

    def same(self, other: Intent) -> bool:
        """Say whether two intents would pay the same to the same."""
        return self._essence() == other._essence()

    def require_same(self, other: Payout) -> None:
        """Raise unless the payout that is there is this one.

        Raises:
            IntentMismatch: the number stands for another one; it shows both.
        """
        if not self.same(other.intent):
            raise IntentMismatch(
                f"this number stands for another payout already: it is {other.intent.shown}, {other.state}; "
                f"asked for is {self.shown}",
                out_trade_no=self.out_trade_no,
                trade_no=other.trade_no,
            )

    def _essence(self) -> tuple[object, ...]:
        return self.app_id, self.out_trade_no, self.currency_id, self.amount, addresses.folded(self.address)


def intent_of(app_id: str, values: Mapping[str, object]) -> Intent:
    """Return the intent of a call's fields, judged as the call itself would be.

    Raises:
        InvalidRequest: a field that cannot be right; nothing was sent.
    """
    try:
        codec.encode(PAYOUT_CREATE, values)
    except codec.EncodeError as error:
        raise InvalidRequest(str(error), field=error.field, operation=PAYOUT_CREATE.name) from error
    number, address = str.__str__(values["out_trade_no"]), str.__str__(values["address"])
    amount = Decimal(str(values["amount"]))
    for name, problem in (
        ("out_trade_no", number_problem(number)),
        ("amount", "is nothing" if not amount else None),
        ("address", addresses.problem(address)),
    ):
        if problem:
            raise InvalidRequest(f"{name}: {problem}", field=name, operation=PAYOUT_CREATE.name)
    currency_id: Any = values["currency_id"]
    return Intent(app_id=app_id, out_trade_no=number, currency_id=int(currency_id), amount=amount, address=address)


def number_problem(number: str) -> str | None:
    """Say why a text is no number of a payout, if it is none."""
    if not number:
        return "is empty"
    if len(number) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if not number.isprintable() or number != number.strip():
        return "holds white space at an end, or a character that no number has"
    return None


@attrs.frozen(kw_only=True)
class Payout:
    """A payout as the journal knows it; times are unix seconds.

    Attributes:
        state: where it stands, see `states.State`; `outcome` says what that means.
        cause: the row of the table of causes that put it there, and `reason` the sentence with what was met.
        evidence: what proves it: an answer's or a webhook's name and SHA-256, or who reviewed it.
        status: HaloPay's last word on it: TO-BE-PAID, PAID, FAIL or another.
        seen: HaloPay was found to have something under this number.
        attempts: how often it was sent.
        claimant: whose attempt it is, and until when that holds (`lease_until`); `sent_at` is when it began.
        absences: how often, since `absent_since` and last at `absent_at`, a query counted by which it does not exist.
        day: the day (UTC) on which it counts for a daily cap.
        due_at: when to ask HaloPay next; None: not any more. `asked` is how often that was done.
        heard: id of the last event of the inbox that was looked at.
    """

    app_id: str
    out_trade_no: str
    currency_id: int
    amount: Decimal
    address: str
    state: State
    cause: str
    reason: str
    evidence: str | None = None
    status: str | None = None
    trade_no: str | None = None
    txid: str | None = None
    seen: bool = False
    attempts: int = 0
    claimant: str | None = None
    lease_until: float | None = None
    sent_at: float | None = None
    absences: int = 0
    absent_since: float | None = None
    absent_at: float | None = None
    day: str = ""
    created_at: float = 0.0
    changed_at: float = 0.0
    due_at: float | None = None
    asked: int = 0
    heard: int = 0

    @property
    def outcome(self) -> Outcome:
        """Return what the state means: done, not-done, unknown or needs-review."""
        return OUTCOMES[self.state]

    @property
    def intent(self) -> Intent:
        """Return what was to be paid."""
        return Intent(
            app_id=self.app_id,
            out_trade_no=self.out_trade_no,
            currency_id=self.currency_id,
            amount=self.amount,
            address=self.address,
        )

    @property
    def advice(self) -> str:
        """Say what to do about it."""
        if self.state == "not-done" and CAUSES[self.cause].again == "if-deduplicated":
            return "Ask HaloPay whether it exists before you pay in another way; sent again, it goes to review first."
        return _ADVICE[self.state]

    def told(self) -> dict[str, object]:
        """Return what scripts and reports are told, in the order of `COLUMNS`."""
        values = {name: getattr(self, name) for name in COLUMNS}
        return values | {"amount": plain(self.amount)}


COLUMNS: Final = (
    *("app_id", "out_trade_no", "trade_no", "currency_id", "amount", "address", "state", "outcome", "status", "txid"),
    *("attempts", "created_at", "changed_at", "cause", "reason", "evidence"),
)
"""What the journal shows to readers, under these names."""

_ADVICE: Final[Mapping[State, str]] = {
    "sending": "Wait for it; `halopay payout resume` asks HaloPay.",
    "unknown": "Do not pay it in another way; `halopay payout resume` asks HaloPay.",
    "done": "",
    "not-done": "Paid again with the same out_trade_no it is sent again.",
    "failed": "HaloPay did not pay it. To pay it after all, take a new out_trade_no.",
    "needs-review": "Find out at HaloPay what became of it, then say so with `halopay payout review`.",
}
