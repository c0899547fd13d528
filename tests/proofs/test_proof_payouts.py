"""Nothing is paid twice, whatever goes wrong: HALOPAY_PROOF=full (`make payouts-proof`) tries it at full length."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.proofs.bank import FAULTS, prove
from tests.proofs.receiver import SECRET

FULL = os.environ.get("HALOPAY_PROOF") == "full"
PAYOUTS, KILLS, LINES = (5_000, 250, (50, 25_000)) if FULL else (40, 4, (50, 6_000))


@pytest.mark.parametrize("deduplicates", [True, False], ids=["server-deduplicates", "server-does-not"])
def test_two_workers_that_are_killed_pay_nothing_twice(
    tmp_path: Path, deduplicates: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'journal.sqlite'}"
    counted = prove(tmp_path, url, PAYOUTS, deduplicates=deduplicates, kills=KILLS, lines=LINES, app_key=SECRET)
    with capsys.disabled():
        print(f"\n{counted}")
    _hold(counted)
    left = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {"journal.sqlite", "inbox.sqlite", "errors"} <= set(left)
    assert [name for name, content in left.items() if SECRET.encode() in content] == []


def test_on_postgresql_it_is_the_same(tmp_path: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    few = 1_000 if FULL else 25
    counted = prove(tmp_path, postgres_url, few, deduplicates=False, kills=KILLS // 5 + 1, lines=LINES, seed=2)
    with capsys.disabled():
        print(f"\nPostgreSQL: {counted}")
    _hold(counted)


def test_a_naive_client_pays_twice_and_the_same_harness_sees_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = 1_000 if FULL else 40
    counted = prove(tmp_path, "", few, deduplicates=False, kills=3, lines=LINES, naive=True)
    with capsys.disabled():
        print(f"\nnaive client: {counted}")
    assert counted.twice


def _hold(counted) -> None:  # type: ignore[no-untyped-def]
    assert counted.twice == []
    assert counted.wrong == []
    assert counted.audit[1] == []
    assert set(counted.states) <= {"done", "not-done", "failed", "needs-review"}
    assert counted.states["done"] > counted.payouts * 0.6
    assert counted.kills > 0
    if FULL:
        kinds = {
            part.split("=")[0] for fault in FAULTS if ".create" in fault for part in fault.split(":")[1].split(",")
        }
        assert kinds - {"probability"} <= set(counted.faults)
