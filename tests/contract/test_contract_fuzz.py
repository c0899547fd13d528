"""Made-up calls: schemathesis on the spec, rightly signed, judged by the envelope, the same again for the same seed."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from halopay_api.operations import OPERATIONS
from halopay_kit import Sandbox
from halopay_kit.contract.envelope import code, envelope
from halopay_kit.contract.exchange import Observed
from halopay_kit.contract.fuzz import MADE_UP, NOT_RIGHT
from halopay_kit.contract.observe import Scope, observe
from halopay_kit.contract.run import result
from halopay_kit.contract.target import Target
from halopay_kit.contract.twin import START, twin
from halopay_kit.errors import HaloPayError
from halopay_kit.signing import verify


def made_up(box: Sandbox, cases: int, seed: int = 7, **more: object) -> Observed:
    with twin(box, seed) as second:
        scope = Scope(phases=("fuzz",), cases=cases, seed=seed, fuzz_at=second, **more)  # type: ignore[arg-type]
        return observe(Target.sandbox(box), scope)


@pytest.fixture(scope="module")
def box() -> Sandbox:
    return Sandbox(seed=7, start=START)


@pytest.fixture(scope="module")
def seen(box: Sandbox) -> Observed:
    with box:
        return made_up(box, 600)


def test_there_are_as_many_calls_as_were_asked_for_at_every_operation(seen):
    assert 600 <= len(seen.exchanges) <= 800
    assert {exchange.operation for exchange in seen.exchanges} == set(OPERATIONS)
    assert {exchange.method for exchange in seen.exchanges} == {"POST"}


def test_the_final_bytes_are_signed(box, seen):
    for exchange in seen.exchanges:
        headers = dict(exchange.request_headers)
        body = exchange.request_body or b""
        if body[:1] == b"{":
            verify(body, headers["X-Timestamp"], headers["X-Sign"], box.app_key)
        assert headers["X-Appid"] == box.app_id


def test_wrong_bodies_are_refused_with_10003_and_never_answered_with_data(seen):
    wrong = [exchange for exchange in seen.exchanges if exchange.expects is NOT_RIGHT]
    assert len(wrong) > 200
    assert {code(exchange) for exchange in wrong} == {10003}
    assert not any("data" in envelope(exchange) for exchange in wrong)


def test_right_bodies_are_answered_or_sensibly_refused(seen):
    right = [exchange for exchange in seen.exchanges if exchange.expects is MADE_UP]
    assert len(right) > 100
    assert {code(exchange) for exchange in right} <= {0, *MADE_UP.codes}
    done = Counter(exchange.operation for exchange in right if code(exchange) == 0)
    assert len(done) >= 7, done
    assert done["order.create"]


def test_links_are_followed(seen):
    created = {envelope(each)["data"]["trade_no"] for each in seen.exchanges if _creates(each)}
    asked = {trade_no for trade_no in created for each in seen.exchanges if _asks(each, trade_no)}
    assert asked


def _creates(exchange) -> bool:
    return code(exchange) == 0 and str(exchange.operation).endswith(("create", "pre_create"))


def _asks(exchange, trade_no: str) -> bool:
    return str(exchange.operation).endswith("detail") and trade_no.encode() in (exchange.request_body or b"")


def test_an_honest_sandbox_has_no_findings(box, seen):
    assert [finding.id for finding in result(seen, (box.app_key,)).findings] == []


_DIGEST = """
import hashlib, sys
from halopay_kit import Sandbox
from halopay_kit.contract.twin import START
from halopay_kit.contract.observe import Scope, observe
from halopay_kit.contract.target import Target

with Sandbox(seed=7, start=START) as box:
    scope = Scope(phases=("fuzz",), cases=80, seed=int(sys.argv[1]), operations=("order.detail",))
    observed = observe(Target.sandbox(box), scope)
print(hashlib.sha256(b"|".join(exchange.request_body for exchange in observed.exchanges)).hexdigest())
"""


def test_the_same_seed_makes_up_the_same_calls(tmp_path):
    command = [sys.executable, "-c", _DIGEST, "7"]
    runs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=tmp_path)
        for _ in range(2)
    ]
    first, second = (each.communicate(timeout=60)[0] for each in runs)
    assert first == second
    assert len(first.strip()) == 64


def test_only_the_operations_that_are_wanted_get_calls_and_another_seed_makes_up_others():
    sent = []
    for seed in (7, 8):
        with Sandbox(seed=7, start=START) as box:
            observed = made_up(box, 60, seed, operations=("account.balance",))
        assert {exchange.operation for exchange in observed.exchanges} == {"account.balance"}
        sent.append({exchange.request_body for exchange in observed.exchanges})
    assert sent[0] - sent[1]
    assert sent[1] - sent[0]


def test_an_interruption_keeps_what_was_seen():
    def stop(_: int) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt

    left = 50
    with Sandbox(seed=7, start=START) as box, twin(box, 7) as second:
        scope = Scope(phases=("fuzz",), cases=500, seed=7, fuzz_at=second)
        observed = observe(Target.sandbox(box), scope, progress=stop)
    assert observed.interrupted
    assert 50 <= len(observed.exchanges) < 500


def test_a_target_that_is_gone_is_told():
    with Sandbox(seed=7, start=START) as box:
        target = Target.sandbox(box)
    with pytest.raises(HaloPayError, match="schemathesis could not go on"):
        observe(target, Scope(phases=("fuzz",), cases=50))


def test_a_twin_that_cannot_start_is_told():
    with Sandbox(seed=7, start=START) as box:
        with pytest.raises(HaloPayError, match="did not start"):
            with twin(box, 7, ["nowhere:renamed"]):
                pass
