"""The demo's steps: each does one thing, and says in a line what just happened, why it matters, where to read on."""

from __future__ import annotations

import csv
import urllib.request
from collections.abc import Callable, Sequence, Sized
from typing import NamedTuple, cast
from urllib.error import HTTPError

from halopay_kit import signing
from halopay_kit.cli.demo.stage import USDT, Stage
from halopay_kit.signing import AppKey

ADDRESS = "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf"


class Told(NamedTuple):
    """What a step came to."""

    what: str
    seen: Sequence[str]
    why: str
    read: str


def sandbox(stage: Stage) -> Told:
    """Say what runs."""
    return Told(
        "A HaloPay of your own and your receiver run on this machine",
        [f"sandbox {stage.box.base_url}, receiver {stage.receiver_url}"],
        "HaloPay has no sandbox; here a mistake costs nothing",
        "README, A HaloPay of your own",
    )


def order(stage: Stage) -> Told:
    """Create an order."""
    made = stage.halopay.order.create(out_trade_no="T-1", currency_id=USDT, fiat_name="USD", fiat_amount="15")
    stage.numbers["T-1"] = str(made.trade_no)
    return Told(
        "An order, signed; its answer is verified before you see it",
        [f"pay {made.amount} {made.token} on {made.chain} to {made.pay_address}", f"or at {made.entrust_url}"],
        "an answer that anybody could have sent is no address to send money to",
        "README, Call HaloPay",
    )


def parts(stage: Stage) -> Told:
    """Pay an order in two parts; the second webhook comes twice."""
    stage.box.pay(out_trade_no="T-1", amount="5")
    stage.wait(lambda: stage.inbox.stats().events == 1)
    stage.box.faults.add("webhook.payment", doubled=1)
    stage.box.pay(out_trade_no="T-1")
    stage.wait(lambda: stage.inbox.stats().deliveries == 3)
    stats = stage.inbox.stats()
    told = [f"{event.status}, {event.amount_collected} collected" for event in reversed(stage.inbox.events())]
    return Told(
        "The payer sends 5, then the rest; the second webhook comes twice",
        [*told, f"{stats.deliveries} deliveries, {stats.events} events"],
        "there is no delivery id: what is a duplicate is told from the signed bytes, in one atomic statement",
        "README, Receive webhooks",
    )


def forged(stage: Stage) -> Told:
    """Send a webhook that somebody else signed."""
    body = b'{"type":"PAYMENT","status":"PAID","out_trade_no":"T-1"}'
    timestamp = f"{int(stage.box.clock.now())}"
    headers = {
        "X-Appid": stage.box.app_id,
        "X-Timestamp": timestamp,
        "X-Sign": signing.sign(body, timestamp, AppKey("somebodyElsesKey")),
        "content-type": "application/json",
    }
    request = urllib.request.Request(stage.receiver_url, body, headers)  # noqa: S310  # our own receiver
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            status = answer.status
    except HTTPError as refused:
        status = refused.code
    return Told(
        "Somebody forges a webhook",
        [f"HTTP {status}; {stage.inbox.stats().events} events, as before"],
        "whoever knows your URL can write to it; only the signature says who did",
        "README, Receive webhooks",
    )


def payout(stage: Stage) -> Told:
    """Pay out once, though the answer is lost."""
    stage.box.faults.add("payout.create", cut_after=1)
    paid = stage.payouts.pay(out_trade_no="P-1", currency_id=USDT, amount="4.2", address=ADDRESS)
    again = stage.payouts.pay(out_trade_no="P-1", currency_id=USDT, amount="4.2", address=ADDRESS)
    stage.box.settle(out_trade_no="P-1")
    stage.wait(lambda: bool(stage.inbox.events(kind="payout")))
    there = len(cast("Sized", stage.box.state()["payouts"]))
    return Told(
        "A payout whose answer never comes is still paid once",
        [
            f"the answer is cut off; asked by its number: {paid.outcome}",
            f"said again: {again.outcome}; sent {again.attempts} time, HaloPay has {there} payout",
        ],
        "sending again on a guess may pay twice; the journal knows before a byte leaves",
        "README, Pay out",
    )


def sweep(stage: Stage) -> Told:
    """Find what a lost webhook would have told."""
    from halopay_kit.sweep import Known
    from halopay_kit.sweep import sweep as ask

    stage.box.faults.add("webhook.payment", lost=1)
    made = stage.halopay.order.create(out_trade_no="T-2", currency_id=USDT, fiat_name="USD", fiat_amount="20")
    stage.numbers["T-2"] = str(made.trade_no)
    stage.box.pay(out_trade_no="T-2")
    swept = ask(stage.halopay, stage.inbox, orders=[Known(out_trade_no="T-2")])
    return Told(
        "A webhook is lost for good; a sweep asks for what no webhook told",
        [f"asked for {swept.due}, news {swept.news}: {', '.join(swept.statuses)}"],
        "HaloPay has no list call: what nobody kept and nobody asks for is gone",
        "README, Receive webhooks",
    )


def fulfil(stage: Stage) -> Told:
    """Hand out what is news."""
    shipped: list[str] = []

    def ship(event: object, _connection: object) -> None:
        if getattr(event, "status", None) == "PAID" and getattr(event, "kind", "") == "payment":
            shipped.append(str(getattr(event, "out_trade_no", "")))

    done = stage.inbox.consume(ship, transaction=True, until_empty=True)
    return Told(
        "Your shop is told each piece of news once, in order",
        [f"{done.done} events handled, shipped: {', '.join(sorted(shipped))}"],
        "the handler's effect and the event's end are one transaction: shipped once, whatever crashes",
        "README, Receive webhooks",
    )


def contract(stage: Stage) -> Told:
    """Test the sandbox against the spec."""
    from halopay_kit.contract.observe import Scope
    from halopay_kit.contract.report import Masking, write
    from halopay_kit.contract.run import run
    from halopay_kit.contract.target import Target
    from halopay_kit.contract.twin import START
    from halopay_kit.sandbox import Sandbox

    with Sandbox(start=START) as box:
        scope = Scope(phases=("journey", "headers"))
        result = run(Target.sandbox(box), scope, rerun="halopay contract --phase journey --phase headers")
        masking = Masking.of(result.observed, secrets=[box.environ()["HALOPAY_APP_KEY"]])
        write(result, stage.folder / "contract", masking)
    calls = len(result.observed.exchanges)
    return Told(
        "Does HaloPay keep the spec? The same test runs against the live API, reading only",
        [f"{calls} calls and {len(result.observed.deliveries)} webhooks judged, {len(result.findings)} findings"],
        "eight of ten operations are guesses until somebody with an account runs this",
        "README, Contract tests",
    )


def reconcile(stage: Stage) -> Told:
    """Compare the book with what happened; the book has a slip of the pen."""
    from halopay_kit.inbox.export import export
    from halopay_kit.payouts.export import export as export_payouts
    from halopay_kit.reconcile import Settings
    from halopay_kit.reconcile import reconcile as compare
    from halopay_kit.reconcile.report import html
    from halopay_kit.reconcile.result import name_of
    from halopay_kit.reconcile.sentences import plain
    from halopay_kit.reconcile.writing import write

    export(stage.inbox, stage.folder / "events.parquet")
    export_payouts(stage.payouts.journal, stage.folder / "payouts.parquet")
    stage.snapshot()
    _write_ledger(stage)
    result = compare(
        ledger=stage.folder / "ledger.csv",
        events=stage.folder / "events.parquet",
        payouts=stage.folder / "payouts.parquet",
        balances=stage.folder / "balances.csv",
        settings=Settings(window=0),  # the day is over: nothing resolves by itself any more
    )
    write(result, stage.folder / "reconciliation", html=html(result))
    told = [f"{each.out_trade_no or name_of(each)}: {each.sentence}" for each in result.breaks]
    told += [f"the balance, {plain(each.closing)}, comes out" for each in result.roll_forward if not each.rest]
    return Told(
        "At the end of the day: the ledger against what HaloPay told",
        told,
        "all that was paid is in the book, all in the book was paid, and the balance is what it should be",
        "README, Reconcile",
    )


def _write_ledger(stage: Stage) -> None:
    """Write the shop's own book; somebody typed 14 for 15."""
    rows = [
        ("entry_id", "kind", "out_trade_no", "trade_no", "currency_id", "amount", "status", "booked_at"),
        ("E1", "payment", "T-1", stage.numbers["T-1"], USDT, "14", "PAID", stage.now()),
        ("E2", "payment", "T-2", stage.numbers["T-2"], USDT, "20", "PAID", stage.now()),
        ("E3", "payout", "P-1", "", USDT, "4.2", "PAID", stage.now()),
    ]
    with (stage.folder / "ledger.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


STEPS: Sequence[Callable[[Stage], Told]] = (
    sandbox,
    order,
    parts,
    forged,
    payout,
    sweep,
    fulfil,
    contract,
    reconcile,
)
