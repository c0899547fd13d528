"""Worlds: one plan, two ways, and every flaw of it found again."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from halopay_kit.errors import ConfigurationError
from halopay_kit.reconcile import CLASSES, reconcile
from halopay_kit.reconcile.result import Break, Result
from halopay_kit.world import World, make_world
from halopay_kit.world.book import journal, ledger
from halopay_kit.world.making import MOST, MOST_DAYS
from halopay_kit.world.plan import Scope, lay_out
from halopay_kit.world.rates import LEAST, flaws, numbers
from halopay_kit.world.told import events, number
from tests.test_cli import HALOPAY, halopay

ORDERS = 2000
# ids and addresses are drawn by whoever plays HaloPay
SAME = """kind, out_trade_no, status, verdict, origin, state, amount, amount_text, amount_collected, token_amount, fee,
    fee_text, currency_id, token, chain, chain_id, contract, txid IS NULL, pay_address IS NULL, event_time, received_at,
    attempts"""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("w") / "played", orders=ORDERS, seed=7, fast=False)


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("w") / "fast", orders=ORDERS, seed=7, fast=True)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def query(sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def reconciled(world: World) -> Result:
    where = world.directory
    (ledger,) = where.glob("ledger.*")
    return reconcile(
        ledger=ledger,
        events=where / "events.parquet",
        payouts=where / "payouts.parquet",
        balances=where / "balances.csv",
    )


def key(each: Break) -> str | None:
    if each.kind == "balance":
        return str(each.currency_id)
    if each.class_ == "duplicate-payment":
        return each.trade_no
    return each.txid if each.kind == "payment-qr-code" else each.out_trade_no


def test_the_sandboxs_rules_and_the_sql_tell_the_same_events(played: World, fast: World):
    one, other = (f"SELECT {SAME} FROM '{world.directory}/events.parquet'" for world in (played, fast))
    assert query(f"{one} EXCEPT ALL {other}") == []
    assert query(f"{other} EXCEPT ALL {one}") == []
    assert played.events == fast.events > ORDERS


def test_the_sandboxs_own_balances_are_those_that_the_sql_sums_up(played: World, fast: World):
    names = ("balances.csv", "world.json")
    ours, theirs = ([(world.directory / name).read_text() for name in names] for world in (played, fast))
    assert ours[0] == theirs[0]
    assert json.loads(ours[1]) | {"fast": True} == json.loads(theirs[1])


def test_an_export_of_the_fast_way_has_the_schema_of_the_inboxs(played: World, fast: World):
    one, other = (query(f"DESCRIBE SELECT * FROM '{world.directory}/events.parquet'") for world in (played, fast))
    assert one == other


def test_the_shares_are_those_of_the_table(fast: World):
    payments, payouts = numbers(ORDERS)
    assert sum(count for _, count in payments) == ORDERS
    expected = Counter({fate.flaw: 0 for fate in flaws()})
    for fate, count in (*payments, *payouts):
        if fate.flaw:
            expected[fate.flaw] += count
    assert Counter(row["class"] for row in rows(fast.directory / "planted.csv")) == expected


def test_every_class_is_planted_but_that_of_the_balance_which_is_asked_for():
    assert {fate.flaw for fate in flaws()} == set(CLASSES) - {"balance-unexplained"}


@pytest.mark.parametrize("way", ["played", "fast"])
def test_reconciliation_finds_just_what_was_planted_and_the_balances_come_out(way, request):
    world: World = request.getfixturevalue(way)
    found = reconciled(world)
    planted = rows(world.directory / "planted.csv")
    assert Counter((each.class_, key(each), each.at_stake) for each in found.breaks) == Counter(
        (row["class"], row["key"], Decimal(row["amount_at_stake"])) for row in planted
    )
    assert not found.timing
    assert [each.rest for each in found.roll_forward] == [0, 0, 0, 0]
    assert all(each.rounding == 0 for each in found.roll_forward)


def test_a_balance_is_off_by_exactly_what_was_asked_for(tmp_path):
    world = make_world(tmp_path / "off", orders=LEAST, days=1, seed=1, balance_off=Decimal("-12.000001"))
    found = reconciled(world)
    (off,) = [each for each in found.roll_forward if each.rest]
    assert (off.currency_id, off.rest) == (75, Decimal("-12.000001"))
    assert rows(world.directory / "planted.csv")[-1]["class"] == "balance-unexplained"


@pytest.mark.parametrize("is_fast", [False, True])
def test_the_same_arguments_give_the_same_files_and_another_seed_gives_others(tmp_path, is_fast):
    made = [
        make_world(tmp_path / name, orders=200, days=3, seed=seed, fast=is_fast).directory
        for name, seed in (("a", 4), ("b", 4), ("c", 5))
    ]
    files = [
        {file.name: file.read_bytes() for file in directory.iterdir() if file.suffix != ".sqlite"} for directory in made
    ]
    assert files[0] == files[1]
    assert not set(files[0].values()) & set(files[2].values())


def test_amounts_have_up_to_eighteen_decimals(fast: World):
    texts = query(f"SELECT amount_text FROM '{fast.directory}/events.parquet' WHERE currency_id = 69")
    assert max(len(text.partition(".")[2]) for (text,) in texts) == 18


def test_a_world_that_is_interrupted_leaves_nothing(tmp_path):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_world(tmp_path / "half", orders=LEAST, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_a_query_runs_is_said_in_a_word_and_leaves_nothing(tmp_path):
    command = [HALOPAY, "sandbox", "world", "--orders", "10000000", "--out", str(tmp_path / "w")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not list(tmp_path.glob("*.part/events.parquet")):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert (process.returncode, error.strip()) == (130, "Interrupted.")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(ConfigurationError, match="not empty"):
        make_world(tmp_path, orders=LEAST)
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"orders": LEAST - 1},
        {"orders": 10_000_001},
        {"orders": True},
        {"days": 0},
        {"seed": -1},
        {"balance_off": Decimal(0)},
        {"balance_off": Decimal("0.0000001")},
        {"balance_off": Decimal("NaN")},
        {"memory": "much"},
    ],
    ids=str,
)
def test_an_argument_that_cannot_be_right_is_refused_and_nothing_is_left(tmp_path, wrong):
    with pytest.raises(ConfigurationError):
        make_world(tmp_path / "w", **{"orders": LEAST, "fast": True} | wrong)
    assert list(tmp_path.iterdir()) == []


def test_the_command_makes_a_world_and_says_what_is_in_it(tmp_path):
    made = halopay("sandbox", "world", "--orders", "60", "--days", "2", "--out", str(tmp_path / "w"), "--json")
    told = json.loads(made.stdout)
    assert told["orders"] == 60
    assert told["planted"] == len(rows(tmp_path / "w/planted.csv"))
    assert (tmp_path / "w/inbox.sqlite").exists()
    again = halopay("sandbox", "world", "--out", str(tmp_path / "w"))
    assert again.returncode == 2
    assert "not empty" in again.stderr
    assert halopay("sandbox", "world", "--out", str(tmp_path / "x"), "--balance-off", "much").returncode == 2


def test_the_plan_of_the_largest_world_has_no_number_that_is_too_large():
    scope = Scope(orders=MOST, days=MOST_DAYS, seed=2**32 - 1, app_id="a")
    with duckdb.connect() as connection:
        lay_out(connection, scope)
        number(connection, scope)
        for sql in (events(scope), ledger(scope), journal(scope)):
            assert connection.execute(f"SELECT * FROM ({sql}) LIMIT 5").to_arrow_table().num_rows == 5
        last = connection.execute(f"SELECT created_at FROM orders WHERE n = {MOST - 1}").fetchone()
    assert last is not None
    assert scope.start < last[0] < scope.until
