"""What a file of payouts will do, decided as a whole before anything is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs

from halopay_api.models import AppToken, Token
from halopay_kit.errors import PolicyViolation
from halopay_kit.inbox.transitions import plain
from halopay_kit.payouts import addresses
from halopay_kit.payouts.payout import Intent, Payout
from halopay_kit.payouts.sheet import Problems, Row, similar

if TYPE_CHECKING:
    from halopay_kit.client import HaloPay
    from halopay_kit.payouts.payouts import Payouts

_REFUSED = "Nothing was sent."


@attrs.frozen(kw_only=True)
class Currency:
    """What HaloPay says of a currency; None where it does not say it."""

    currency_id: int
    token: str | None = None
    chain: str | None = None
    decimals: int | None = None
    balance: Decimal | None = None
    family: addresses.Family | None = None

    @property
    def shown(self) -> str:
        """Name it as a person would."""
        return f"{self.token or f'currency {self.currency_id}'} on {self.chain or 'an unknown chain'}"


@attrs.frozen(kw_only=True)
class Line:
    """A row of the file, and the payout of its number that the journal had when the plan was made."""

    row: Row
    before: Payout | None

    @property
    def to_pay(self) -> bool:
        """Say whether it is to be sent, as far as the journal knows."""
        return self.before is None or (self.before.state == "not-done" and not self.before.seen)


@attrs.frozen(kw_only=True)
class Plan:
    """What will be done: every line, the currencies, and what a person should know before he agrees."""

    lines: tuple[Line, ...]
    currencies: Mapping[int, Currency]
    notes: tuple[str, ...]

    @property
    def to_pay(self) -> list[Line]:
        """Return the lines that are to be sent."""
        return [line for line in self.lines if line.to_pay]

    @property
    def totals(self) -> dict[int, Decimal]:
        """Return how much of each currency is to be sent."""
        return _totals(self.to_pay)

    @property
    def before(self) -> Counter[str]:
        """Count the lines that are not to be sent, by where they stand."""
        return Counter(line.before.state for line in self.lines if line.before is not None and not line.to_pay)


def plan(payouts: Payouts, halopay: HaloPay, rows: Sequence[Row], problems: Problems) -> Plan:
    """Judge rows by what HaloPay, the journal and the policy say.

    Raises:
        FileRefused: anything is wrong with any of them; nothing was sent.
        HaloPayError: HaloPay or the journal could not be asked.
    """
    currencies = currencies_of(halopay, {row.currency_id for row in rows})
    numbers = [row.out_trade_no for row in rows]
    there = {payout.out_trade_no: payout for payout in payouts.journal.of_numbers(payouts.app_id, numbers)}
    lines = tuple(Line(row=row, before=there.get(row.out_trade_no)) for row in rows)
    notes: list[str] = []
    for line in lines:
        _judge(line, currencies, payouts, problems)
    _look_alikes(payouts, lines, problems)
    made = Plan(lines=lines, currencies=currencies, notes=())
    _afford(made, problems, notes)
    _policy_of_the_day(payouts, made, problems)
    problems.refuse(_REFUSED)
    repeated = sum(
        number - 1
        for number in Counter((row.currency_id, row.amount, row.address) for row in rows).values()
        if number > 1
    )
    if repeated:
        notes.append(f"{repeated} lines pay an amount to an address to which another line pays the same")
    return attrs.evolve(made, notes=tuple(notes))


def currencies_of(halopay: HaloPay, wanted: Iterable[int]) -> dict[int, Currency]:
    """Return what HaloPay says of currencies that the app may use; one that it may not is not there."""
    enabled: dict[int, AppToken] = {
        token.currency_id: token for token in halopay.currency.app_token_list() if token.currency_id is not None
    }
    everything: list[AppToken | Token] = list(enabled.values())
    if any(_lacks(enabled.get(currency_id)) for currency_id in wanted):
        everything += halopay.currency.token_list()
    contracts: dict[str | None, list[str | None]] = {}
    decimals: dict[int | None, int] = {}
    for token in everything:
        contracts.setdefault(_text(token.chain), []).append(token.contract)
        if token.decimal is not None:
            decimals.setdefault(token.currency_id, token.decimal)
    found = {}
    for currency_id in wanted:
        if currency_id not in enabled:
            continue
        token = enabled[currency_id]
        chain, balance = _text(token.chain), token.balance
        if balance is None:
            balance = halopay.account.balance(currency_id=currency_id).balance
        found[currency_id] = Currency(
            currency_id=currency_id,
            token=token.token,
            chain=chain,
            decimals=decimals.get(currency_id),
            balance=balance,
            family=addresses.family_of(chain, contracts.get(chain, ())),
        )
    return found


def _judge(line: Line, currencies: Mapping[int, Currency], payouts: Payouts, problems: Problems) -> None:
    row = line.row
    intent = Intent(app_id=payouts.app_id, **attrs.asdict(row, filter=lambda field, _: field.name != "line"))
    if line.before is not None and not intent.same(line.before.intent):
        there = f"{line.before.intent.shown}, {line.before.state}"
        reason = f"this number stands for another payout already, {there}; asked for is {intent.shown}"
        problems.add(row.line, "out_trade_no", reason)
    currency = currencies.get(row.currency_id)
    if currency is None:
        there = ", ".join(map(str, sorted(currencies))) or "none of those in the file"
        problems.add(row.line, "currency_id", f"HaloPay does not offer {row.currency_id} to this app, but {there}")
        return
    if currency.decimals is not None and -_exponent(row.amount) > currency.decimals:
        reason = f"{plain(row.amount)} is more exact than {currency.shown}, which has {currency.decimals} decimals"
        problems.add(row.line, "amount", reason)
    problem = addresses.problem(row.address, currency.family)
    if problem:
        problems.add(row.line, "address", problem)
    elif currency.family is None and addresses.shape_of(row.address) is None:
        problems.add(row.line, "address", f"it cannot be checked: {currency.shown} is not known to this kit")
    if line.to_pay:
        try:
            payouts.policy.judge(intent)
        except PolicyViolation as error:
            problems.add(row.line, "address" if "allow-list" in error.problem else "amount", error.problem)


def _look_alikes(payouts: Payouts, lines: Sequence[Line], problems: Problems) -> None:
    from halopay_kit.payouts import reading

    allowed = payouts.policy.allow or frozenset()
    rows = [line.row for line in lines if line.to_pay and addresses.folded(line.row.address) not in allowed]
    with payouts.journal.store.reading() as connection:
        paid = reading.addresses_paid(connection, payouts.app_id)
    paid -= {row.address for row in rows}
    similar(rows, dict.fromkeys(sorted(paid), "which the journal knows"), problems)


def _afford(made: Plan, problems: Problems, notes: list[str]) -> None:
    for currency_id, total in made.totals.items():
        currency = made.currencies.get(currency_id)
        first = next(line.row.line for line in made.to_pay if line.row.currency_id == currency_id)
        if currency is None:
            continue
        if currency.balance is None:
            notes.append(f"HaloPay does not say how much there is of {currency.shown}")
        elif total > currency.balance:
            short = plain(total - currency.balance)
            reason = (
                f"{plain(total)} of {currency.shown} are to be paid, there are {plain(currency.balance)}: {short} short"
            )
            problems.add(first, "amount", f"the balance is not enough: {reason}")


def _policy_of_the_day(payouts: Payouts, made: Plan, problems: Problems) -> None:
    from halopay_kit.payouts import reading

    day = datetime.fromtimestamp(payouts.journal.clock(), UTC).strftime("%Y-%m-%d")
    for currency_id, total in made.totals.items():
        first = next(line.row for line in made.to_pay if line.row.currency_id == currency_id)
        whole = Intent(
            app_id=payouts.app_id, out_trade_no="the whole file", currency_id=currency_id, amount=total, address=""
        )
        with payouts.journal.store.reading() as connection:
            spent = reading.spent(connection, payouts.app_id, currency_id, day)
        try:
            payouts.policy.judge_day(whole, day, lambda spent=spent: spent)  # type: ignore[misc]  # bound at once
        except PolicyViolation as error:
            problems.add(first.line, "amount", error.problem)


def _totals(lines: Iterable[Line]) -> dict[int, Decimal]:
    totals: dict[int, Decimal] = {}
    for line in lines:
        totals[line.row.currency_id] = totals.get(line.row.currency_id, Decimal(0)) + line.row.amount
    return totals


def _lacks(token: AppToken | None) -> bool:
    return token is not None and (token.decimal is None or addresses.family_of(_text(token.chain)) is None)


def _text(value: Any) -> str | None:
    return None if value is None else str.__str__(value)


def _exponent(amount: Decimal) -> int:
    exponent = Decimal(plain(amount)).as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
