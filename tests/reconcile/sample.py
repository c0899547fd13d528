"""Results as large as a test needs, the same each time, with texts that want to be more than text."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import attrs

from halopay_kit.reconcile.classes import CLASSES
from halopay_kit.reconcile.mapping import Mapping
from halopay_kit.reconcile.reading import Read
from halopay_kit.reconcile.result import Break, Count, Result
from halopay_kit.reconcile.rollforward import RollForward
from halopay_kit.reconcile.sentences import plain
from halopay_kit.reconcile.settings import Settings

AS_OF = 1_775_000_000.0
DAY = 86_400
CURRENCIES = ((75, "USDT", "Tron"), (12, "USDC", "Ethereum"), (31, "ETH", "Ethereum"))


def broken(number: int, name: str, **given: Any) -> Break:
    """Return one break of a class."""
    draw = random.Random(f"{name}{number}")
    currency, token, chain = draw.choice(CURRENCIES)
    age = draw.expovariate(1 / (5 * DAY)) + DAY
    amount = Decimal(draw.randrange(1, 10**10)).scaleb(-6)
    other = None if name == "missing-in-ledger" else amount - Decimal(draw.randrange(1, 10**6)).scaleb(-6)
    values: dict[str, Any] = {
        "id": f"{number:016x}",
        "class_": name,
        "timing": False,
        "kind": "payout" if "payout" in name else "payment",
        "at": AS_OF - age,
        "age": age,
        "app_id": "ad4cyr8dpfs9j2u1",
        "out_trade_no": f"ORDER-{number:07d}",
        "trade_no": f"H2026{number:014d}",
        "txid": f"{draw.getrandbits(256):064x}",
        "currency_id": currency,
        "token": token,
        "chain": chain,
        "ledger_amount": other,
        "gateway_amount": amount,
        "ledger_status": None if other is None else "PAID",
        "gateway_status": "PAID",
        "at_stake": amount,
        "sentence": f"HaloPay collected {plain(amount)} {token}, and the ledger has {plain(other)}.",
        "events": (number * 3, number * 3 + 1),
        "entries": () if other is None else (f"L{number}",),
    }
    return Break(**values | given)


def breaks(number: int, **given: Any) -> list[Break]:
    """Return breaks of all classes, the most pressing first."""
    draw = random.Random(number)
    names = draw.choices(list(CLASSES), k=number)
    return sorted((broken(place, name, **given) for place, name in enumerate(names)), key=lambda each: each.order)


def result(found: Sequence[Break] = (), **given: Any) -> Result:
    """Return a result with these breaks."""
    forward = RollForward(
        app_id="ad4cyr8dpfs9j2u1", currency_id=75, token="USDT", chain="Tron", opened_at=AS_OF - 30 * DAY,
        closed_at=AS_OF, opening=Decimal("120000"), collected=Decimal("84210.5"), fees=Decimal("25.26315"),
        payouts=Decimal("61000.25"), payout_fees=Decimal("31"), expected=Decimal("143153.98685"),
        closing=Decimal("143153.98685"), rounding=Decimal(0), rest=Decimal(0),
    )  # fmt: skip
    values: dict[str, Any] = {
        "breaks": list(found),
        "timing": (),
        "roll_forward": (forward,),
        "counts": (
            Count(what="ledger", name="march.csv", read=1_004, matched=990, unmatched=3, unused=11),
            Count(what="events", name="events.parquet", read=2_500, matched=1_600, unmatched=2, unused=898),
        ),
        "subjects": 1_001,
        "clean": 1_001 - len({each.out_trade_no for each in found}) if len(found) < 1_001 else 0,
        "as_of": AS_OF,
        "engine": "duckdb",
        "version": "0.0",
        "settings": Settings(as_of=AS_OF),
        "inputs": (
            Read(
                what="ledger",
                name="march.csv",
                rows=1_004,
                mapping=Mapping(columns={"entry_id": "Nr", "amount": "amount"}),
            ),
        ),
    }
    return Result(**values | given)


def compared(number: int) -> Result:
    """Return a result with a previous run, timing differences and a balance that is off."""
    found = [attrs.evolve(each, news="new" if place % 3 else "aged") for place, each in enumerate(breaks(number))]
    young = [
        attrs.evolve(each, timing=True, age=3_000.0 * place, at=AS_OF - 3_000.0 * place, id=f"t{place}")
        for place, each in enumerate(each for each in breaks(60) if each.about.resolves)
    ]
    gone = [attrs.evolve(each, id=f"r{place}") for place, each in enumerate(breaks(12))]
    even = result().roll_forward[0]
    off = attrs.evolve(
        even, currency_id=12, token="USDC", chain="Ethereum", closing=even.closing - Decimal("12.345678901234567891"),
        rest=Decimal("-12.345678901234567891"), explained_by=(found[0].id,),
    )  # fmt: skip
    return result(found, subjects=number + 998, clean=998, timing=young, resolved=gone, roll_forward=(even, off))
