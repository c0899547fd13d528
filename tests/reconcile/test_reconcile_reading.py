"""Inputs: read exactly, or refused with the place."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy

from halopay_kit.errors import ConfigurationError, UnreadableInput
from halopay_kit.reconcile import Mapping, Settings, reconcile
from tests.reconcile.book import NOW, Book

HEAD = "out_trade_no,amount,status,booked_at"
LINE = "A,15,PAID,2026-03-28T12:00:00Z"


@pytest.fixture
def events():
    book = Book()
    book.event("A", "PAID", 15)
    return book.tables()["events"]


@pytest.fixture
def told(events, tmp_path):
    """Reconcile a ledger of these lines, or of these bytes; return the result."""

    def run(*lines, name="ledger.csv", mapping=None, timezone=None):
        file = tmp_path / name
        if isinstance(lines[0], bytes):
            file.write_bytes(b"".join(lines))
        else:
            file.write_text("\n".join(lines) + "\n", "utf-8")
        return reconcile(ledger=file, events=events, mapping=mapping, settings=Settings(as_of=NOW, timezone=timezone))

    return run


def refused(told, *lines, **options):
    with pytest.raises(ConfigurationError) as caught:
        told(*lines, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    "lines",
    [
        (HEAD, LINE),
        ("\ufeff" + HEAD, LINE),
        (HEAD.replace(",", ";"), LINE.replace(",", ";")),
        (HEAD.replace(",", "\t"), LINE.replace(",", "\t")),
        (f"{HEAD}\r\n{LINE}\r".encode(), b"\n"),
        ("Order ID,Paid Amount,State,Date", LINE),
        (HEAD, "", LINE, ""),
        (HEAD, LINE.replace("2026-03-28T12:00:00Z", "2026-03-28 14:00:00+02:00")),
        (HEAD, LINE.replace("2026-03-28T12:00:00Z", "1774699200")),
        (HEAD, 'A,"15.000",paid,'),
    ],
)
def test_a_ledger_is_read_however_it_is_written(told, lines):
    result = told(*lines)
    assert result.is_clean
    assert [(each.read, each.matched) for each in result.counts] == [(1, 1), (1, 1)]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ((b"",), "ledger.csv is empty"),
        (
            (HEAD, "A,15,PAID,2026-03-28T12:00:00"),
            "line 2, column 4 (booked_at): '2026-03-28T12:00:00' is no time with",
        ),
        ((HEAD, LINE, "B,1,234.5,PAID,"), "line 3"),
        ((HEAD, LINE, 'B,"1,234.5",PAID,'), "line 3, column 2 (amount): '1,234.5' is no plain decimal"),
        ((HEAD, LINE, "", "B,$5,PAID,"), "line 4, column 2 (amount): '$5' is no plain decimal"),
        ((HEAD, "A,5€,PAID,"), "'5\\u20ac' is no plain decimal"),
        ((HEAD, "A,1e5,PAID,"), "'1e5' is no plain decimal"),
        ((HEAD, "A,0.0000000000000000001,PAID,"), "is no plain decimal number that DECIMAL(38, 18) holds exactly"),
        ((HEAD, "A,123456789012345678901,PAID,"), "is no plain decimal number that DECIMAL(38, 18) holds exactly"),
        ((HEAD, "A,\u0661\u0665,PAID,"), "is no plain decimal"),
        ((HEAD, "A,NaN,PAID,"), "'NaN' is no plain decimal"),
        ((HEAD, "A,,PAID,"), "column 2 (amount): is empty"),
        ((HEAD, "A,15,bezahlt,"), "column 3 (status): 'bezahlt' is no status that is known"),
        (("amount,out_trade_no,amount", "1,A,1"), "line 1: the column amount is there twice, as column 1 and 3"),
        (("when,what", "1,2"), "no column is known to be amount and out_trade_no, trade_no or txid"),
        ((HEAD, LINE, 'B,"15'), "cut off"),
        ((HEAD, LINE, "B,15"), "line 3: more or fewer cells than columns"),
        ((HEAD.encode() + b"\n", b"\xe9,15,PAID,\n"), "line 2: a byte that is not UTF-8"),
        ((HEAD.encode("utf-16"),), "it is UTF-16"),
        ((",".join(f"c{n}" for n in range(100_000)), "1"), "has 100000 columns"),
    ],
)
def test_what_cannot_be_read_exactly_is_refused_with_its_place(told, lines, problem):
    assert problem in refused(told, *lines)


def test_every_refused_row_is_counted(told):
    with pytest.raises(UnreadableInput) as caught:
        told(HEAD, *[LINE] * 5, *["A,5€,PAID,"] * 15)
    assert (caught.value.read, caught.value.refused, len(caught.value.problems)) == (20, 15, 10)


def test_a_local_time_is_read_where_its_zone_is_said(told):
    assert told(HEAD, "A,15,PAID,2026-03-28T13:00:00", timezone="Europe/Berlin").is_clean


@pytest.mark.parametrize("time", ["2026-03-29T02:30:00", "2026-10-25T02:30:00"])
def test_an_hour_that_was_left_out_or_came_twice_is_refused(told, time):
    assert "is no time" in refused(told, HEAD, f"A,15,PAID,{time}", timezone="Europe/Berlin")


def test_a_mapping_names_columns_and_words(told, tmp_path):
    file = tmp_path / "names.toml"
    file.write_text(
        '[columns]\nout_trade_no = "Nr."\namount = "Betrag"\nstatus = "Lage"\n[status]\n"Bezahlt" = "PAID"\n'
    )
    mapping = Mapping.read(file)
    assert told("Nr.,Betrag,Lage", "A,15,bezahlt", mapping=mapping).is_clean
    assert Mapping.read(_written(tmp_path / "again.toml", mapping.toml())) == mapping


def _written(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[columns", "names.toml"),
        ("[column]\na = 'b'", "there is no 'column' in a mapping"),
        ("[columns]\nprice = 'b'", "[columns] 'price' is none of"),
        ("[status]\nx = 'BEZAHLT'", "[status] 'BEZAHLT' is none of"),
        ("timezone = 'Mars'", "'Mars' is no time zone"),
        ("[columns]\namount = 5", "[columns] is not names with texts"),
    ],
)
def test_a_mapping_that_cannot_be_right_is_refused(text, problem, tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        Mapping.read(_written(tmp_path / "names.toml", text))
    assert problem in str(caught.value)


def test_a_column_that_the_mapping_gives_and_is_not_there_is_named(told):
    mapping = Mapping(columns={"amount": "Betrag", "out_trade_no": "Nr"})
    assert "there is no column 'Betrag'" in refused(told, HEAD, LINE, mapping=mapping)


def test_floats_are_refused(events):
    table = pa.table({"out_trade_no": ["A"], "amount": [15.0]})
    with pytest.raises(ConfigurationError, match="a float holds no exact amount"):
        reconcile(ledger=table, events=events)


def test_eighteen_decimals_and_twenty_digits_before_them_are_exact():
    large, small = "12345678901234567890.123456789012345678", "0.000000000000000001"
    book = Book()
    for number, amount in (("A", large), ("B", small)):
        book.event(number, "PAID", amount, amount=Decimal(amount))
        book.entry(number, amount)
    assert book.result().is_clean
    book.ledger[0]["amount"] = large[:-1] + "9"
    (found,) = book.result().breaks
    assert (found.class_, found.at_stake) == ("amount-differs", Decimal(small))
    book.ledger[0]["amount"] = book.ledger[1]["amount"] = "1"
    result = book.result()
    assert [f"{amount:f}" for amount in result.at_stake.values()] == ["12345678901234567890.123456789012345677"]
    assert "12345678901234567889.123456789012345678" in {f"{each.at_stake:f}" for each in result.breaks}


def test_parquet_a_dataframe_and_a_table_of_a_database_say_the_same(events, tmp_path, store_url):
    rows = {"out_trade_no": ["A", "B"], "amount": [Decimal("15"), Decimal("0.100000000000000001")]}
    table = pa.table(rows)
    pq.write_table(table, tmp_path / "ledger.parquet")
    driver = store_url.replace("postgresql://", "postgresql+psycopg://")
    engine = sqlalchemy.create_engine(driver)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE book (out_trade_no TEXT, amount TEXT)")
        connection.exec_driver_sql("INSERT INTO book VALUES ('A', '15'), ('B', '0.100000000000000001')")
    engine.dispose()
    for source in (tmp_path / "ledger.parquet", table, table.to_pandas(), f"{store_url}#book"):
        (found,) = reconcile(ledger=source, events=events, settings=Settings(as_of=NOW)).breaks
        assert (found.class_, found.at_stake) == ("missing-at-gateway", Decimal("0.100000000000000001"))


def test_a_table_that_is_not_there_is_said(events, store_url):
    if store_url.startswith("sqlite"):
        sqlalchemy.create_engine(store_url).connect().close()
    with pytest.raises(ConfigurationError, match="there is no table nothing"):
        reconcile(ledger=f"{store_url}#nothing", events=events)


def test_no_events_and_no_entries_are_clean():
    assert Book().result().is_clean
