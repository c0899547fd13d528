"""Look at a live HaloPay: right calls of a plan, one after the other, slowly; schemathesis has no part in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import attrs

from halopay_api.models import FiatName
from halopay_kit.contract.caller import SUCCESS, Caller
from halopay_kit.contract.envelope import code, done, envelope
from halopay_kit.contract.exchange import WEBHOOKS, Delivery, Exchange, Expectation, Observed
from halopay_kit.contract.journey import EXPIRY, FIAT_COUNT, currency_ids
from halopay_kit.contract.log import Log
from halopay_kit.contract.pace import Pace
from halopay_kit.contract.plan import MANY_CURRENCIES, Create, Plan
from halopay_kit.contract.target import Target

_NO_INBOX = "webhooks come to the app's own URL: --inbox URL reads those that were taken in"
_LIFE = 3600  # seconds that an order lives which is made with an expiry
_NOT_US = frozenset({10006, 10007, 10008})  # whoever is answered so at first is answered so again
_SILENCE = 3  # calls without an answer, one after the other, after which no more are sent
GIVEN = Expectation(outcome="success", why="an id that was given")


def observe_live(
    target: Target,
    plan: Plan,
    *,
    deliveries: Iterable[Delivery] = (),
    clock: Callable[[], float] = time.time,  # noqa: TID251  # a run's own time is the machine's
    tick: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    progress: Callable[[int], None] = lambda _: None,
) -> Observed:
    """Carry a plan out and return what was seen until it was over, or until Ctrl-C; whoever calls this said yes to it.

    `deliveries` are webhooks that an inbox took in.

    Raises:
        ConfigurationError: the target cannot be called at all.
    """
    log, started = Log(), clock()
    caller = Caller(
        target,
        log,
        pace=Pace(plan.rate, tick=tick, sleep=sleep),
        effects=plan.effects,
        progress=lambda: progress(1),
    )
    interrupted, why = False, "no currency id was found: --currency-id gives one"
    log.unreached.update(plan.unreached)
    try:
        for delivery in deliveries:
            log.add_delivery(delivery)
        _Visit(caller, plan, f"contract-{int(started)}").run()
    except _EnoughError as enough:
        why = str(enough)
    except KeyboardInterrupt:
        interrupted, why = True, "the run was interrupted"
    finally:
        caller.close()
    _note(log, plan, why)
    return log.observed(
        app_id=target.app_id,
        target=target.name,
        started=started,
        ended=clock(),
        live=True,
        calls_planned=plan.calls,
        interrupted=interrupted,
    )


class _EnoughError(Exception):
    """More calls would be of no use, and a nuisance."""


@attrs.frozen
class _Visit:
    caller: Caller
    plan: Plan
    number: str

    def run(self) -> None:
        plan, call = self.plan, self._call
        listed = call("currency.app_token_list", {})
        call("currency.token_list", {})
        ids = plan.currency_ids or currency_ids(listed)[:MANY_CURRENCIES]
        for currency_id in ids:
            call("account.balance", {"currency_id": currency_id})
            call("order.exchange_rates", {"currency_id": currency_id, "fiat_name": "USD"})
        for fiat in FiatName if ids else ():
            call("order.exchange_rates", {"currency_id": ids[0], "fiat_name": str(fiat)}, FIAT_COUNT)
        self._look("order.detail", plan.trade_no, plan.out_trade_no)
        self._look("payout.detail", plan.payout_trade_no, plan.payout_out_trade_no)
        if plan.create is not None and ids:
            self._create(plan.create, ids[0])

    def _call(self, operation: str, fields: dict[str, object], expects: Expectation = SUCCESS) -> Exchange:
        """Make a call, unless those before say that it is of no use."""
        exchange = self.caller.call(operation, fields, expects)
        seen = self.caller.log.exchanges
        if len({each.operation for each in seen}) == 1 and code(exchange) in _NOT_US:
            raise _EnoughError(f"the first call was refused with {code(exchange)}; no more were sent")
        if len(seen) >= _SILENCE and all(each.status is None for each in seen[-_SILENCE:]):
            raise _EnoughError(f"{_SILENCE} calls in a row were not answered; no more were sent")
        return exchange

    def _look(self, operation: str, trade_no: str | None, out_trade_no: str | None) -> None:
        for name, value in (("trade_no", trade_no), ("out_trade_no", out_trade_no)):
            if value is not None:
                self._call(operation, {name: value}, GIVEN)

    def _create(self, create: Create, currency_id: int) -> None:
        expiry = int(self.caller.target.clock()) + _LIFE
        self._order(
            "order.create",
            {"currency_id": currency_id, "fiat_name": create.fiat, "fiat_amount": create.amount},
            "a",
        )
        hosted: dict[str, object] = {"symbol": create.fiat, "amount": create.amount}
        self._order("entrust.pre_create", {**hosted, "time_expire": expiry}, "w", EXPIRY)
        self._order("entrust.pre_create", {**hosted, "time_expire": str(expiry)}, "t", EXPIRY)

    def _order(self, operation: str, fields: dict[str, object], which: str, expects: Expectation = SUCCESS) -> None:
        number = f"{self.number}-{which}"
        created = self._call(operation, {"out_trade_no": number, **fields}, expects)
        if done(created):
            self._look("order.detail", _trade_no(created), number)


def _trade_no(created: Exchange) -> str | None:
    data = envelope(created).get("data")
    found = data.get("trade_no") if isinstance(data, dict) else None
    return found if isinstance(found, str) and found else None


def _note(log: Log, plan: Plan, why: str) -> None:
    """Say of what was planned and not called why not."""
    called = {exchange.operation for exchange in log.exchanges}
    for step in plan.steps:
        if step.operation not in called:
            log.unreached.setdefault(step.operation, why)
    came = {delivery.webhook for delivery in log.deliveries}
    for name in WEBHOOKS:
        if name not in came:
            log.unreached.setdefault(name, "the inbox has none" if log.deliveries else _NO_INBOX)
