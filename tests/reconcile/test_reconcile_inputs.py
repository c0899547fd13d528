"""What cannot be read exactly is an error that says where; nothing is rounded, nothing skipped."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from halopay_kit.errors import ConfigurationError, HaloPayError, UnreadableInput
from halopay_kit.reconcile import Mapping, Settings, reconcile
from tests.reconcile.book import NOW, Book

HEAD = "entry_id,out_trade_no,amount,status,booked_at"
GOOD = "E1,A,15,PAID,2026-03-28T12:00:00Z"


@pytest.fixture
def book():
    found = Book()
    found.event("A", "PAID", 15)
    return found


@pytest.fixture
def ledger(book, tmp_path):
    """Reconcile a ledger that is given as bytes or lines of CSV."""

    def run(*lines, mapping=None, **settings):
        path = tmp_path / "ledger.csv"
        path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines))
        return reconcile(
            ledger=path, events=book.tables()["events"], mapping=mapping, settings=Settings(as_of=NOW, **settings)
        )

    return run


def refused(run, *lines, **options):
    with pytest.raises(ConfigurationError) as caught:
        run(*lines, **options)
    return str(caught.value)


def test_a_good_ledger_is_clean(ledger):
    result = ledger(HEAD, GOOD)
    assert result.is_clean
    assert [(each.read, each.matched) for each in result.counts] == [(1, 1), (1, 1)]


@pytest.mark.parametrize(
    "amount",
    [
        '"1,500.00"',
        "$15",
        "15 USDT",
        "1e3",
        "15.0000000000000000001",
        "123456789012345678901",
        "NaN",
        "\u0661\u0665",
        "1_5",
    ],
)
def test_an_amount_that_is_no_plain_number_is_told_with_file_line_and_column(ledger, amount):
    said = refused(ledger, HEAD, GOOD, f"E2,B,{amount},PAID,2026-03-28T12:00:00Z")
    assert "ledger.csv, line 3, column 3 (amount)" in said


def test_the_line_is_that_of_the_file_where_a_cell_has_lines_of_its_own(ledger):
    said = refused(ledger, HEAD, '"E\n1",A,15,PAID,', "", "E2,B,$1,PAID,")
    assert "line 5, column 3" in said


def test_refused_rows_are_counted(ledger):
    with pytest.raises(UnreadableInput) as caught:
        ledger(HEAD, GOOD, "E2,B,$1,PAID,", "E3,C,$2,PAID,")
    assert (caught.value.read, caught.value.refused, len(caught.value.problems)) == (3, 2, 2)


@pytest.mark.parametrize("file", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_told(ledger, file):
    assert "ledger.csv" in refused(ledger, file)


def test_a_ledger_without_rows_is_no_error(ledger):
    result = ledger(HEAD, "")
    assert list(result.by_class) == ["missing-in-ledger"]


def test_a_byte_of_another_encoding_is_told_with_its_line(ledger):
    assert "line 3" in refused(ledger, HEAD, GOOD, "E2,Bé,1,PAID,".encode("latin-1"))


def test_utf_16_is_told(ledger):
    assert "UTF-16" in refused(ledger, f"{HEAD}\n{GOOD}".encode("utf-16"))


def test_a_byte_order_mark_is_no_part_of_the_first_column(ledger):
    assert ledger(b"\xef\xbb\xbf" + HEAD.encode(), GOOD).is_clean


def test_a_column_that_is_there_twice_is_told(ledger):
    assert "amount" in refused(ledger, f"{HEAD},amount", f"{GOOD},16")


def test_a_header_in_the_middle_is_told_with_its_line(ledger):
    assert "line 3" in refused(ledger, HEAD, GOOD, HEAD, "E2,B,1,PAID,")


def test_a_file_that_is_cut_in_the_middle_is_told_with_its_line(ledger):
    assert "line 3" in refused(ledger, HEAD, GOOD, "E2,B")
    assert "cut off" in refused(ledger, HEAD, GOOD, 'E2,"B')


def test_a_parquet_that_is_cut_off_is_told(book, tmp_path):
    path = tmp_path / "ledger.parquet"
    pq.write_table(book.tables()["ledger"], path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ConfigurationError, match=r"ledger\.parquet"):
        reconcile(ledger=path, events=book.tables()["events"])


def test_a_hundred_thousand_columns_are_refused(ledger):
    names = ",".join(f"c{place}" for place in range(100_000))
    assert "100000 columns" in refused(ledger, names, GOOD)


def test_a_time_without_a_zone_needs_one(ledger):
    line = "E1,A,15,PAID,2026-03-28 12:00:00"
    assert "--timezone" in refused(ledger, HEAD, line)
    assert ledger(HEAD, line, timezone="Europe/Berlin").is_clean
    assert ledger(HEAD, line, mapping=Mapping(timezone="Asia/Tokyo")).is_clean


def test_an_hour_that_a_clock_leaves_out_or_shows_twice_is_refused(ledger):
    for local in ("2026-03-29 02:30:00", "2026-10-25 02:30:00"):
        assert "line 2" in refused(ledger, HEAD, f"E1,A,15,PAID,{local}", timezone="Europe/Berlin")


def test_a_status_that_nobody_knows_is_told_and_can_be_mapped(ledger):
    line = "E1,A,15,bezahlt,2026-03-28T12:00:00Z"
    assert "bezahlt" in refused(ledger, HEAD, line)
    assert ledger(HEAD, line, mapping=Mapping(status={"bezahlt": "PAID"})).is_clean


def test_ids_that_are_there_twice_are_a_break(ledger):
    assert list(ledger(HEAD, GOOD, GOOD).by_class) == ["duplicate-in-ledger"]


def test_eighteen_decimals_and_thirty_digits_and_more_reconcile_exactly():
    amounts = ["0.000000000000000001", "123456789012.123456789012345678", "99999999999999999999.999999999999999999"]
    book = Book()
    for number, amount in enumerate(amounts):
        book.event(f"A{number}", "PAID", amount, amount=Decimal(amount))
        book.entry(f"A{number}", amount)
    assert book.result().is_clean
    book.ledger[1]["amount"] = "123456789012.123456789012345679"
    (found,) = book.result().breaks
    assert found.at_stake == Decimal("0.000000000000000001")


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32()])
def test_amounts_that_are_floats_are_refused(book, tmp_path, kind):
    table = pa.table({"out_trade_no": ["A"], "amount": pa.array([15], kind)})
    path = tmp_path / "ledger.parquet"
    pq.write_table(table, path)
    for source in (table, path):
        with pytest.raises(ConfigurationError, match="float holds no exact amount"):
            reconcile(ledger=source, events=book.tables()["events"])


@pytest.mark.parametrize("names", [(" A", "A "), ("A", ""), ("A", "   ")])
def test_cells_of_parquet_are_tidied_as_those_of_csv(book, tmp_path, names):
    path = tmp_path / "ledger.parquet"
    rows = {"out_trade_no": list(names), "amount": pa.array([Decimal(7), Decimal(8)], pa.decimal128(38, 18))}
    pq.write_table(pa.table(rows), path)
    by_file = reconcile(ledger=path, events=book.tables()["events"], settings=Settings(as_of=NOW))
    by_table = reconcile(ledger=pa.table(rows), events=book.tables()["events"], settings=Settings(as_of=NOW))
    assert by_file.breaks == by_table.breaks


def test_a_value_of_parquet_that_is_missing_is_told_with_its_row(book, tmp_path):
    path = tmp_path / "ledger.parquet"
    rows = {"out_trade_no": ["A", "B"], "amount": pa.array([Decimal(15), None], pa.decimal128(38, 18))}
    pq.write_table(pa.table(rows), path)
    with pytest.raises(UnreadableInput, match=r"ledger\.parquet, row 2, column amount"):
        reconcile(ledger=path, events=book.tables()["events"])


def test_a_table_of_a_database_is_a_ledger(book, tmp_path):
    with sqlite3.connect(tmp_path / "shop.sqlite") as connection:
        connection.execute("CREATE TABLE book (id TEXT, order_no TEXT, amount TEXT, state TEXT)")
        connection.execute("INSERT INTO book VALUES ('E1', 'A', '15.000', 'paid')")
    connection.close()
    events = book.tables()["events"]
    assert reconcile(ledger=f"sqlite:///{tmp_path / 'shop.sqlite'}#book", events=events).is_clean
    with pytest.raises(ConfigurationError, match="no table other"):
        reconcile(ledger=f"sqlite:///{tmp_path / 'shop.sqlite'}#other", events=events)


def test_a_float_of_a_database_is_refused(book, tmp_path):
    with sqlite3.connect(tmp_path / "shop.sqlite") as connection:
        connection.execute("CREATE TABLE book (order_no TEXT, amount REAL)")
        connection.execute("INSERT INTO book VALUES ('A', 15.1)")
    connection.close()
    with pytest.raises(ConfigurationError, match="float"):
        reconcile(ledger=f"sqlite:///{tmp_path / 'shop.sqlite'}#book", events=book.tables()["events"])


def test_dataframes_are_ledgers(book):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    for made in (pandas.DataFrame, polars.DataFrame):
        frame = made({"order_no": ["A"], "amount": ["15"], "status": ["paid"]})
        assert reconcile(ledger=frame, events=book.tables()["events"], settings=Settings(as_of=NOW)).is_clean


@pytest.mark.parametrize("source", [None, 5, "nowhere.csv", "ledger.xlsx", ".", "nowhere://x#y", object()])
def test_what_is_no_table_is_told(book, source):
    with pytest.raises(HaloPayError):
        reconcile(ledger=source, events=book.tables()["events"])
