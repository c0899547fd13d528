"""A file of payouts with anything wrong in it is refused as a whole, with line, column and reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from halopay_kit.errors import FileRefused
from halopay_kit.payouts import Policy, sheet
from halopay_kit.payouts.plan import plan
from tests.payouts.till import ADDRESS, OTHER, Till, opened

HEAD = "out_trade_no,currency_id,amount,address\n"
EVM = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # of EIP-55's own examples


def problems(tmp_path, content: str | bytes, name: str = "payouts.csv", **options) -> list[str]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        sheet.read(path, **options)
    except FileRefused as refused:
        return list(refused.problems)
    return []


def test_a_right_file_is_read(tmp_path):
    (tmp_path / "a.csv").write_text(f"{HEAD}P1,75,1.50,{ADDRESS}\nP2,75,2,{OTHER}\n")
    rows, _ = sheet.read(tmp_path / "a.csv")
    assert [(row.line, row.out_trade_no, row.amount) for row in rows] == [
        (2, "P1", Decimal("1.5")),
        (3, "P2", Decimal(2)),
    ]


def test_other_columns_are_not_looked_at(tmp_path):
    assert problems(tmp_path, f"memo,{HEAD.strip()}\nx,P1,75,1.5,{ADDRESS}\n") == []


def test_json_lines_are_read(tmp_path):
    row = {"out_trade_no": "P1", "currency_id": 75, "amount": "1.5", "address": ADDRESS}
    assert problems(tmp_path, json.dumps(row) + "\n", "a.jsonl") == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xef\xbb\xbf" + f"{HEAD}P1,75,1,{ADDRESS}\n".encode(), "line 1, column 1: a byte order mark"),
        (f"{HEAD}P1,75,1,{ADDRESS}\n".replace(",", ";"), "line 1, column 13: the columns are separated by semicolons"),
        (f"{HEAD}P1,75,1,{ADDRESS}\n".replace("\n", "\r\n"), "line 1, column 40: a line that ends in CR LF"),
        (f"{HEAD}\nP1,75,1,{ADDRESS}\n", "line 2, column 1: an empty line"),
        (f"{HEAD}P1,75,1,{ADDRESS}\n,,,\n", "line 3, column 1: an empty line"),
        (f"{HEAD}P1,75,1.5E+3,{ADDRESS}\n", "line 2, column 3 (amount): '1.5E+3' is in scientific notation"),
        (
            f"{HEAD}1.23457E+15,75,1,{ADDRESS}\n",
            "line 2, column 1 (out_trade_no): '1.23457E+15' is written as a spread",
        ),
        (f'{HEAD}P1,75,"1,5",{ADDRESS}\n', "line 2, column 3 (amount): '1,5' has a comma"),
        (f"{HEAD}P1,75,1,5,{ADDRESS}\n", "line 2, column 4: 5 cells under 4 columns; an amount with a comma?"),
        (f"{HEAD}P1,75,-1,{ADDRESS}\n", "line 2, column 3 (amount): '-1' is no amount"),
        (f"{HEAD}P1,75,0.00,{ADDRESS}\n", "line 2, column 3 (amount): it is nothing"),
        (f"{HEAD}P1,75,NaN,{ADDRESS}\n", "line 2, column 3 (amount): 'NaN' is no amount"),
        (f"{HEAD}P1,75,\u0661,{ADDRESS}\n", "line 2, column 3 (amount)"),
        (f"{HEAD}P1,USDT,1,{ADDRESS}\n", "line 2, column 2 (currency_id): 'USDT' is no currency_id"),
        (f"{HEAD}P1,75, 1,{ADDRESS}\n", "line 2, column 3 (amount): white space"),
        (f"{HEAD},75,1,{ADDRESS}\n", "line 2, column 1 (out_trade_no): it is empty"),
        (
            f"{HEAD}P1,75,1,{ADDRESS}\nP1,75,2,{OTHER}\n",
            "line 3, column 1 (out_trade_no): 'P1' stands in line 2 already",
        ),
        (
            f"{HEAD}P1,75,1,{ADDRESS}\nP2,73,2,{OTHER}\n",
            "line 3, column 2 (currency_id): currency 73, but 75 in line 2",
        ),
        (
            f"{HEAD}P1,75,1,{ADDRESS.replace('o', chr(0x43E))}\n",
            "line 2, column 4 (address): character 5 is a look-alike",
        ),
        (f"{HEAD}P1,75,1,{ADDRESS[:9]}\u200b{ADDRESS[9:]}\n", "column 4 (address): character 10 is an invisible"),
        (f"{HEAD}P1,75,1,{ADDRESS[:-1]}g\n", "line 2, column 4 (address): its checksum is wrong"),
        (f"{HEAD}P1,75,1,{ADDRESS.replace('X', 'O')}\n", "line 2, column 4 (address)"),
        (f"{HEAD}P1,70,1,{EVM.replace('aA', 'AA')}\n", "line 2, column 4 (address): its checksum (EIP-55) is wrong"),
        (f"{HEAD}P1,70,1,{EVM[:-1]}\n", "line 2, column 4 (address): no address of Ethereum"),
        (f"{HEAD}P1,70,1,0x{'0' * 40}\n", "the zero address"),
        ("out_trade_no,amount,address\nP1,1,x\n", "line 1, column 1: there is no column currency_id"),
        ("amount," + HEAD + f"1,P1,75,1,{ADDRESS}\n", "line 1, column 4: the column amount is there twice"),
        (b"\xff\xfea\x00", "line 1, column 1: UTF-16"),
        (HEAD.encode() + b"P\xff,75,1,x\n", "line 2, column 2: it is not UTF-8"),
        (f'{HEAD}"P1,75,1,{ADDRESS}\n', "line 2, column 1: it is not CSV"),
        (HEAD, "there is no payout in it"),
        ("", "there is no payout in it"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, content, says):
    found = problems(tmp_path, content)
    assert any(says in problem for problem in found), found


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"out_trade_no": "P1", "currency_id": 75, "amount": 1.5, "address": "A"}', "amount: 1.5 is a JSON number"),
        ('{"out_trade_no": "P1", "currency_id": 75, "amount": 1e5, "address": "A"}', "amount: 1e5 is a JSON number"),
        ('{"out_trade_no": "P1", "currency_id": true, "amount": "1", "address": "A"}', "currency_id: a bool"),
        ('{"out_trade_no": "P1", "out_trade_no": "P2"}', "a name stands there twice"),
        ('{"out_trade_no": "P1"', "line 1, column 22: it is not JSON"),
        ("[]", "it is not a JSON object"),
        ("", "an empty line"),
    ],
)
def test_json_lines_are_as_strict(tmp_path, line, says):
    found = problems(tmp_path, f"{line}\n\n" if not line else f"{line}\n", "a.jsonl")
    assert any(says in problem for problem in found), found


def test_every_problem_is_told_in_the_order_of_lines(tmp_path):
    found = problems(tmp_path, f"{HEAD}P1,75,1e5,{ADDRESS}\nP2,75,2,{ADDRESS[:-1]}g\n\nP3,x,1,{OTHER}\n")
    assert [problem.partition(",")[0] for problem in found] == ["line 2", "line 3", "line 4", "line 5"]


def test_an_address_that_was_made_to_look_like_another_is_refused(tmp_path):
    twin = "0x5aae" + "1" * 32 + "beaed"[-4:]
    found = problems(tmp_path, f"{HEAD}P1,70,1,{EVM}\nP2,70,1,{twin}\n")
    said = f"line 3, column 4 (address): {twin} looks like {EVM}, that of line 2, and is another one"
    assert found == [f"{said}; if both are right, put them on the allow-list (--allow)"]
    assert problems(tmp_path, f"{HEAD}P1,70,1,{EVM}\nP2,70,1,{twin}\n", allowed=Policy(allow=[EVM, twin]).allow) == []


def test_a_file_that_is_not_there_or_of_no_kind_is_refused(tmp_path):
    with pytest.raises(FileRefused, match="cannot be read"):
        sheet.read(tmp_path / "none.csv")
    assert problems(tmp_path, HEAD, "a.xlsx") == ["its name ends neither in .csv nor in .jsonl"]


# --- what HaloPay, the journal and the policy say


@pytest.fixture
def till(tmp_path) -> Iterator[Till]:
    with opened(str(tmp_path / "journal.sqlite")) as till:
        yield till


def refused(till: Till, tmp_path, content: str, policy: Policy | None = None, **options) -> list[str]:
    (tmp_path / "a.csv").write_text(HEAD + content)
    rows, found = sheet.read(tmp_path / "a.csv", **options)
    try:
        plan(till.with_(policy), till.halopay, rows, found)
    except FileRefused as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (f"P1,70,1,{ADDRESS}\n", "line 2, column 4 (address): an address of Tron, but the currency is on Ethereum"),
        (
            f"P1,75,1,{EVM}\n",
            "line 2, column 4 (address): an address of Ethereum and chains like it, but the currency is",
        ),
        (f"P1,75,1.1234567,{ADDRESS}\n", "line 2, column 3 (amount): 1.1234567 is more exact than USDT on Tron"),
        (f"P1,82,1,{EVM}\n", "line 2, column 2 (currency_id): HaloPay does not offer 82"),
        (f"P1,75,100000.1,{ADDRESS}\n", "the balance is not enough"),
        (f"P1,75,60000,{ADDRESS}\nP2,75,60000,{ADDRESS}\n", "line 2, column 3 (amount): the balance is not enough"),
    ],
)
def test_a_file_is_judged_by_what_halopay_says(till, tmp_path, content, says):
    found = refused(till, tmp_path, content)
    assert any(says in problem for problem in found), found
    assert till.asked() == 0


def test_what_is_done_needs_no_balance(till, tmp_path):
    till.pay("P1", amount="60000")
    assert refused(till, tmp_path, f"P1,75,60000,{ADDRESS}\nP2,75,40000,{OTHER}\n") == []


def test_a_number_of_another_payout_is_refused(till, tmp_path):
    till.pay("P1")
    assert "stands for another payout" in refused(till, tmp_path, f"P1,75,5,{ADDRESS}\n")[0]


def test_an_address_like_one_that_was_paid_before_is_refused(till, tmp_path):
    till.pay("P1", currency_id=70, amount="1", address=EVM)
    assert "which the journal knows" in refused(till, tmp_path, f"P2,70,1,0x5aae{'1' * 32}eaed\n")[0]


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (Policy(per_payout="1"), "line 3, column 3 (amount): the policy forbids it: 2 is more than 1"),
        (Policy(per_day={75: "2.5"}), "line 2, column 3 (amount): the policy forbids it"),
        (Policy(allow=[ADDRESS]), "line 3, column 4 (address): the policy forbids it"),
    ],
)
def test_a_policy_refuses_the_whole_file(till, tmp_path, policy, says):
    found = refused(till, tmp_path, f"P1,75,1,{ADDRESS}\nP2,75,2,{OTHER}\n", policy)
    assert any(says in problem for problem in found), found


def test_several_currencies_are_taken_when_that_is_meant(till, tmp_path):
    content = f"P1,75,1,{ADDRESS}\nP2,73,2,{OTHER}\nP3,75,1,{OTHER}\n"
    (tmp_path / "a.csv").write_text(HEAD + content)
    rows, found = sheet.read(tmp_path / "a.csv", mixed=True)
    assert plan(till.payouts, till.halopay, rows, found).totals == {75: Decimal(2), 73: Decimal(2)}
