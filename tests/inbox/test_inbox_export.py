"""The inbox as a file: exact, whole, and of any size."""

from __future__ import annotations

import csv
import json
import os
import signal
import stat
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from halopay_kit import AppKey, sign, webhooks
from halopay_kit.contract.traffic.exports import csv_entries
from halopay_kit.errors import ConfigurationError, ExportError
from halopay_kit.inbox import Arrival, Inbox, cells
from halopay_kit.inbox.export import export, pages
from tests.conftest import example, guess

KEY = AppKey("testAppKey")
NOW = 1773750000


def arrival(number: int = 1, webhook: str = "payment", **changed: object) -> Arrival:
    body = {**example(f"webhook.{webhook}")["body"], "trade_no": f"N{number:06}", **changed}
    raw = json.dumps({name: value for name, value in body.items() if value is not ...}).encode()
    headers = {"X-Appid": str(body["appid"]), "X-Timestamp": str(NOW), "X-Sign": sign(raw, NOW, KEY)}
    return Arrival(event=webhooks.verify(raw, headers, app_key=KEY, now=NOW), received_at=NOW + number / 1000)


@pytest.fixture
def inbox(store_url: str) -> Iterator[Inbox]:
    with Inbox(store_url, clock=lambda: float(NOW)) as inbox:
        yield inbox


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Inbox]:
    with Inbox(tmp_path / "inbox.sqlite", clock=lambda: float(NOW)) as inbox:
        yield inbox


def test_parquet_holds_money_exactly_and_times_in_utc(inbox, tmp_path):
    inbox.take(
        [
            arrival(1, amount="99999999999999999999.999999999999999999", amount_collected="0.000000000000000001"),
            arrival(2, "payout", fee="1.50"),
            arrival(3, "payment_qr_code", txid="a1"),
        ]
    )
    assert export(inbox, tmp_path / "e.parquet") == 3
    table = pq.read_table(tmp_path / "e.parquet")
    for name in ("amount", "amount_collected", "token_amount", "fee"):
        assert table.schema.field(name).type == pa.decimal128(38, 18)
        assert table.schema.field(f"{name}_text").type == pa.string()
    for name in ("event_time", "received_at"):
        assert table.schema.field(name).type == pa.timestamp("us", "UTC")
    qr_code, payout, payment = table.to_pylist()
    assert payment["amount"] == Decimal("99999999999999999999.999999999999999999")
    assert payment["amount_collected"] == Decimal("1E-18")
    assert payment["amount_collected_text"] == "0.000000000000000001"
    assert (payout["fee"], payout["fee_text"], payout["token_amount"]) == (Decimal("1.5"), "1.50", None)
    assert payout["received_at"] == datetime(2026, 3, 17, 12, 20, 0, 2000, UTC)
    assert payment["event_time"] == datetime.fromtimestamp(1773471015, UTC)
    assert [row["kind"] for row in (qr_code, payout, payment)] == ["payment-qr-code", "payout", "payment"]
    assert json.loads(payment["body"])["amount_collected"] == "0.000000000000000001"


@pytest.mark.parametrize("amount", ["100000000000000000000", "0.0000000000000000001", "123456789012345678901.5"])
def test_an_amount_that_does_not_fit_is_refused_with_the_events_id(small, tmp_path, amount):
    small.take([arrival(1)])
    small.take([arrival(2, amount_collected=amount)])
    target = tmp_path / "e.parquet"
    target.write_bytes(b"as it was")
    with pytest.raises(ExportError, match=r"event 2: DECIMAL\(38, 18\) does not hold the amount_collected"):
        export(small, target)
    assert target.read_bytes() == b"as it was"
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []
    export(small, target, unfit="empty")
    row = pq.read_table(target).to_pylist()[0]
    assert (row["amount_collected"], row["amount_collected_text"]) == (None, amount)


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        ("00000000000000000000007", Decimal(7)),
        ("1.50000000000000000000000", Decimal("1.5")),
        ("-1", Decimal(-1)),
        ("0", Decimal(0)),
    ],
)
def test_zeros_that_say_nothing_do_not_matter(small, tmp_path, written, exact):
    small.take([arrival(amount=written)])
    export(small, tmp_path / "e.parquet")
    row = pq.read_table(tmp_path / "e.parquet").to_pylist()[0]
    assert (row["amount"], row["amount_text"]) == (exact, written)


@guess("PaymentQrCodeEvent")
def test_what_came_in_another_shape_is_exported_as_it_came(small, tmp_path):
    small.take([arrival(1, "payout", amount=25, fee="none", currency_id="75", time=10**30, address={"to": 1})])
    with pytest.raises(ExportError, match="event 1"):
        export(small, tmp_path / "e.parquet")
    export(small, tmp_path / "e.parquet", unfit="empty")
    row = pq.read_table(tmp_path / "e.parquet").to_pylist()[0]
    assert (row["amount"], row["fee"], row["fee_text"]) == (Decimal(25), None, "none")
    assert (row["currency_id"], row["event_time"], row["address"]) == (None, None, '{"to": 1}')


@guess("PaymentQrCodeEvent")
def test_a_number_with_a_fraction_stays_exact(small, tmp_path):
    raw = arrival(1, "payout").event.body.replace(b'"25.5"', b"0.100000000000000000")
    headers = {"X-Appid": "ad4cyr8dpfs9j2u1", "X-Timestamp": str(NOW), "X-Sign": sign(raw, NOW, KEY)}
    small.take([Arrival(event=webhooks.verify(raw, headers, app_key=KEY, now=NOW), received_at=NOW)])
    export(small, tmp_path / "e.jsonl")
    assert json.loads((tmp_path / "e.jsonl").read_text())["amount"] == "0.100000000000000000"


def test_csv_and_json_lines_say_the_same(small, tmp_path):
    small.take([arrival(number, out_trade_no='T"\n,é') for number in range(1, 4)])
    for name in ("e.csv", "e.jsonl", "e.ndjson"):
        assert export(small, tmp_path / name) == 3
    with (tmp_path / "e.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (tmp_path / "e.jsonl").read_text("utf-8").splitlines()]
    assert (tmp_path / "e.jsonl").read_bytes() == (tmp_path / "e.ndjson").read_bytes()
    assert [{name: str(value) for name, value in line.items() if value is not None} for line in lines] == [
        {name: value for name, value in row.items() if value} for row in rows
    ]
    assert lines[0]["out_trade_no"] == 'T"\n,é'
    assert (lines[0]["amount"], lines[0]["event_time"]) == ("5", "2026-03-14T06:50:15Z")


def test_filters_choose_and_nothing_is_a_file_too(small, tmp_path):
    small.take([arrival(1), arrival(2, status="TIME-OUT")])
    assert export(small, tmp_path / "e.parquet", status="TIME-OUT") == 1
    assert export(small, tmp_path / "e.parquet", out_trade_no="none") == 0
    assert pq.read_table(tmp_path / "e.parquet").num_rows == 0
    assert export(small, tmp_path / "e.csv", out_trade_no="none") == 0
    assert (tmp_path / "e.csv").read_text().startswith("id,kind,")


def test_pages_meet_without_gap_or_overlap(inbox):
    inbox.take([arrival(number) for number in range(1, 24)])
    for size in (1, 7, 23, 24):
        ids = [event.id for page in pages(inbox, size=size) for event in page]
        assert len(ids) == len(set(ids)) == 23
        assert ids == sorted(ids, reverse=True)


def test_an_export_is_of_the_moment_that_it_begins(inbox):
    inbox.take([arrival(number) for number in range(1, 11)])
    found = pages(inbox, size=3, state="pending")
    seen = [event.id for event in next(found)]
    inbox.take([arrival(50)])
    inbox.consume(lambda _event: None, until_empty=True)
    rest = [event for page in found for event in page]
    assert len(seen) + len(rest) == 10
    assert {event.state for event in rest} == {"pending"}
    assert inbox.stats().states["done"] == 11


def test_an_export_that_is_given_up_holds_no_transaction(inbox):
    inbox.take([arrival(number) for number in range(1, 5)])
    found = pages(inbox, size=1)
    next(found)
    found.close()
    assert inbox.store._engine.pool.checkedout() == 0


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'", "'=1", "''", "plain", "é", "1-1", " =1"]


def test_no_text_in_csv_is_a_formula_and_each_can_be_read_back(small, tmp_path):
    small.take([arrival(number, out_trade_no=text, chain=text) for number, text in enumerate(FORMULAS)])
    export(small, tmp_path / "e.csv")
    export(small, tmp_path / "e.jsonl")
    with (tmp_path / "e.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (tmp_path / "e.jsonl").read_text("utf-8").splitlines()]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(tuple("=+-@\t\r\n"))]
    for name in ("out_trade_no", "chain", "body"):
        assert [cells.text_of(row[name]) for row in rows] == [line[name] for line in lines]
    assert [row["out_trade_no"] for row in rows[::-1]][:4] == ["'=1+1", "'+1", "'-1", "'@SUM(A1)"]
    assert rows[-1]["out_trade_no"] == "'=1+1"


@pytest.mark.parametrize("space", [b"\t", b"\r\n", b" \t"])
def test_a_body_that_begins_like_a_formula_is_the_same_to_whoever_judges_the_export(small, tmp_path, space):
    raw = space + arrival().event.body
    headers = {"X-Appid": "ad4cyr8dpfs9j2u1", "X-Timestamp": str(NOW), "X-Sign": sign(raw, NOW, KEY)}
    small.take([Arrival(event=webhooks.verify(raw, headers, app_key=KEY, now=NOW), received_at=NOW)])
    export(small, tmp_path / "e.csv")
    with (tmp_path / "e.csv").open(newline="", encoding="utf-8") as file:
        (read,) = csv_entries(file)
    assert read.request.text == raw.decode()


@guess("PaymentQrCodeEvent")
def test_an_amount_below_nothing_is_a_number_in_csv_and_one_that_is_none_no_formula(small, tmp_path):
    small.take([arrival(1, "payout", amount="-1.5", fee="=1+1")])
    export(small, tmp_path / "e.csv")
    with (tmp_path / "e.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["amount"], row["fee"]) == ("-1.5", "'=1+1")


def test_a_link_is_followed_and_permissions_stay(small, tmp_path):
    small.take([arrival()])
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("before")
    real.chmod(0o640)
    link.symlink_to(real)
    export(small, link)
    assert link.is_symlink()
    assert real.read_text().startswith("id,kind")
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    export(small, tmp_path / "new.csv")
    assert stat.S_IMODE((tmp_path / "new.csv").stat().st_mode) == 0o600


def test_only_a_file_is_replaced(small, tmp_path):
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "null.csv").symlink_to("/dev/null")
    (tmp_path / "round.csv").symlink_to("round.csv")
    before = sorted(tmp_path.iterdir())
    for name in ("folder.csv", "pipe.csv", "null.csv", "round.csv", "a\0.csv", "a\ud800.csv", "n" * 300 + ".csv"):
        with pytest.raises(ExportError):
            export(small, tmp_path / name)
    assert sorted(tmp_path.iterdir()) == before
    assert Path("/dev/null").is_char_device()


def test_the_part_that_is_written_is_its_owners_alone_and_goes_with_a_failure(small, tmp_path):
    small.take([arrival()])
    seen = []

    def fail(_count):
        seen.extend((path.name, stat.S_IMODE(path.stat().st_mode)) for path in tmp_path.glob(".*.part"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(small, tmp_path / "e.csv", progress=fail)
    assert [mode for _, mode in seen] == [0o600]
    assert not list(tmp_path.glob(".*.part"))
    assert not (tmp_path / "e.csv").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_has_its_effect_when_nothing_is_left(small, tmp_path, number):
    small.take([arrival(each) for each in range(1, 4)])
    (tmp_path / "e.csv").write_text("before")
    script = (
        "import os, sys, halopay_kit.inbox.export as room\n"
        "room.PAGE = 1\n"
        "inbox = __import__('halopay_kit.inbox').inbox.Inbox(sys.argv[1])\n"
        "room.export(inbox, sys.argv[2], progress=lambda count: os.kill(os.getpid(), int(sys.argv[3])))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "inbox.sqlite", tmp_path / "e.csv", str(int(number))],
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == -number
    assert (tmp_path / "e.csv").read_text() == "before"
    assert not list(tmp_path.glob(".*.part"))


def test_memory_does_not_grow_with_the_number_of_events(small, tmp_path, monkeypatch):
    monkeypatch.setattr("halopay_kit.inbox.export.PAGE", 100)
    peaks = []
    for last in (500, 3000):
        have = small.stats().events
        small.take([arrival(number) for number in range(have + 1, last + 1)])
        tracemalloc.start()
        assert export(small, tmp_path / "e.csv") == last
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_progress_is_told_page_by_page(small, tmp_path):
    small.take([arrival(number) for number in range(1, 4)])
    told: list[int] = []
    export(small, tmp_path / "e.jsonl", progress=told.append)
    assert told == [3]


def test_what_cannot_be_exported_to_is_refused(small, tmp_path):
    for path, options in (("e.xlsx", {}), ("e", {}), ("e.csv", {"format": "xml"}), ("e.csv", {"state": "lost"})):
        with pytest.raises(ConfigurationError):
            export(small, tmp_path / path, **options)
    assert {path.suffix for path in tmp_path.iterdir()} <= {".sqlite", ".sqlite-wal", ".sqlite-shm"}
    with pytest.raises(ExportError, match="cannot be written"):
        export(small, tmp_path / "none" / "e.csv")


def test_without_pyarrow_it_says_what_to_install(small, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    monkeypatch.delattr(pa, "parquet", raising=False)
    with pytest.raises(ConfigurationError, match=r"halopay-kit\[parquet\]"):
        export(small, tmp_path / "e.parquet")
