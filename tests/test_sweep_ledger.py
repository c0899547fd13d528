"""A ledger is read, or refused as a whole with line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from halopay_kit.errors import ConfigurationError
from halopay_kit.sweep import Known, read_ledger


def ledger(tmp_path: Path, content: str | bytes, name: str = "l.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("out_trade_no,trade_no,kind\nT1,,\n,X2,payout\n", "l.csv"),
        ("\ufeffout_trade_no,trade_no,kind\r\nT1,,payment\r\n,X2,PAYOUT\r\n", "l.CSV"),
        ('name,kind,Out_Trade_No , trade_no\n"a\nb\u2028",,T1,\n\n"c,d",payout, ,X2', "l.csv"),
        ('{"out_trade_no":"T1"}\n\n{"trade_no":"X2","kind":"payout","amount":1.5}\n', "l.jsonl"),
        ('\ufeff{"out_trade_no":"T1","trade_no":null}\r\n{"trade_no":"X2","kind":"payout"}', "l.ndjson"),
    ],
)
def test_a_ledger_is_read(tmp_path, content, name):
    assert read_ledger(ledger(tmp_path, content, name)) == [
        Known(out_trade_no="T1"),
        Known(kind="payout", trade_no="X2"),
    ]


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        ("out_trade_no;kind\nT1;\n", "l.csv", "l.csv, line 1: column 1: the columns are separated by semicolons"),
        ("order,amount\nT1,5\n", "l.csv", "line 1: there is no column out_trade_no and no column trade_no"),
        ("out_trade_no,OUT_TRADE_NO\nT1,T1\n", "l.csv", "line 1: the column out_trade_no is there twice"),
        ("out_trade_no\nT1\nT2\nT1\n", "l.csv", "line 4: out_trade_no: 'T1' stands in line 2 already"),
        ("trade_no\nX1\nX1\n", "l.csv", "line 3: trade_no"),
        ("out_trade_no,kind\nT1,payment\nT2,refund\n", "l.csv", "line 3: kind: 'refund'"),
        ("out_trade_no,trade_no\nT1,\n,\n ,\n", "l.csv", None),
        ("out_trade_no,kind\nT1,\n,payout\n", "l.csv", "line 3: out_trade_no and trade_no"),
        ("out_trade_no,kind\nT1\n", "l.csv", "line 2: 1 cells under 2 columns"),
        ('out_trade_no\n"T1\n', "l.csv", "line 2: it is not CSV"),
        ('"a\nb",out_trade_no\n1,T1\n2,\x07\n', "l.csv", "line 4: out_trade_no"),
        (f"out_trade_no\n{'9' * 300}\n", "l.csv", "line 2: out_trade_no: longer"),
        ("out_trade_no\nT\x00\n", "l.csv", "line 2: a NUL byte"),
        (b"out_trade_no\nT1\n\xff\n", "l.csv", "line 3: byte 16 is not UTF-8"),
        ("out_trade_no\nT1\n".encode("utf-16"), "l.csv", "it is UTF-16"),
        ("", "l.csv", "names no order"),
        ("out_trade_no\n", "l.csv", "names no order"),
        ('{"out_trade_no":"T1"}\n{"out_trade_no":1001}\n', "l.jsonl", "line 2: out_trade_no: a int"),
        ('{"out_trade_no":"T1"}\n{"out_trade_no":\n', "l.jsonl", "line 2: it is not JSON, column"),
        ("[1]", "l.jsonl", "line 1: it is not a JSON object"),
        ('{"trade_no":"a","trade_no":"b"}', "l.jsonl", "line 1: a name stands there twice"),
        ('{"out_trade_no":"\\ud800"}', "l.jsonl", "line 1: out_trade_no"),
        ("[" * 100_000, "l.jsonl", "line 1: it is not JSON"),
        ("{}", "l.jsonl", "line 1: out_trade_no and trade_no"),
        ("out_trade_no\nT1\n", "l.xlsx", "neither in .csv"),
    ],
)
def test_a_ledger_with_anything_wrong_is_refused_as_a_whole(tmp_path, content, name, says):
    path = ledger(tmp_path, content, name)
    if says is None:
        assert len(read_ledger(path)) == 1
        return
    with pytest.raises(ConfigurationError) as refused:
        read_ledger(path)
    assert says in str(refused.value)
    assert "Nothing was sent" in str(refused.value)


def test_a_ledger_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_ledger(tmp_path / "none.csv")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_ledger(tmp_path)
