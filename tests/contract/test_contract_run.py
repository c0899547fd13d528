"""The contract itself: does the target keep the spec? HALOPAY_BASE_URL says which; without it, a sandbox is asked.

A target that is not a sandbox of this machine is asked only for what reads, at one call a second, and only where
HALOPAY_CONTRACT_LIVE=yes says that it may be.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from halopay_kit import Sandbox
from halopay_kit.contract.observe import Scope
from halopay_kit.contract.plan import Plan
from halopay_kit.contract.player import is_sandbox
from halopay_kit.contract.result import BROKEN, DRIFTED, KEPT, Result
from halopay_kit.contract.run import run, run_live
from halopay_kit.contract.target import Target
from halopay_kit.contract.twin import START, twin
from halopay_kit.signing import AppKey
from tests.conftest import ROOT, guess

ALL_BUT_MADE_UP = ("journey", "headers", "bodies")


def outcome(seed: int = 0, drift: tuple[str, ...] = (), phases=ALL_BUT_MADE_UP, **scope: object) -> Result:
    with Sandbox(seed=seed, start=START, drift=drift) as box:
        return run(Target.sandbox(box), Scope(phases=phases, seed=seed, **scope))


def test_the_target_keeps_the_spec():
    url = os.environ.get("HALOPAY_BASE_URL")
    if url is None:
        result = outcome()
    else:
        target = Target.at(
            url,
            os.environ["HALOPAY_APP_ID"],
            AppKey(os.environ["HALOPAY_APP_KEY"]),
            control_token=os.environ.get("HALOPAY_SANDBOX_TOKEN"),
        )
        if target.live or not is_sandbox(url):
            if os.environ.get("HALOPAY_CONTRACT_LIVE") != "yes":
                pytest.skip(f"{url} counts as live: HALOPAY_CONTRACT_LIVE=yes asks it for what reads")
            result = run_live(Target.at(url, target.app_id, target.app_key, live=True), Plan())
        else:
            result = run(target, Scope(phases=ALL_BUT_MADE_UP))
    assert result.exit_code == KEPT, "\n".join(finding.says for finding in result.findings)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_honest_sandbox_raises_no_alarm(seed):
    with Sandbox(seed=seed, start=START) as box, twin(box, seed) as second:
        result = run(Target.sandbox(box), Scope(seed=seed, cases=700, fuzz_at=second))
    assert [finding.id for finding in result.findings] == []
    assert len(result.observed.exchanges) >= 700
    assert all(check.passed == check.cases > 0 for check in result.checks)
    assert not result.observed.unreached


@guess("PayoutDetail")
def test_a_broken_promise_is_broken_and_a_wrong_guess_is_drift():
    assert outcome(drift=("order.create.amount:renamed",), phases=("journey",)).exit_code == BROKEN
    assert outcome(drift=("payout.detail.fee:renamed",), phases=("journey",)).exit_code == DRIFTED


def test_the_summary_says_which_operation_failed_and_how_often():
    result = outcome(drift=("account.balance.balance:retyped",), phases=("journey",))
    lines = {check.name: check for check in result.checks}
    balance = lines["account.balance"]
    assert (balance.passed, balance.failed + balance.drifted) == (0, balance.cases)
    assert all(check.passed == check.cases for name, check in lines.items() if name != "account.balance")


@guess("PayoutDetail")
def test_what_a_baseline_accepts_has_passed_in_the_summary_too():
    def news(findings):
        return [each for each in findings if "fee" in each.place], [
            each for each in findings if "fee" not in each.place
        ]

    with Sandbox(seed=1, start=START, drift=["payout.detail.amount:comma", "webhook.payout.fee:renamed"]) as box:
        result = run(Target.sandbox(box), Scope(phases=("journey",)), sift=news)
    assert [each.place for each in result.accepted] == ["payout.detail.amount"]
    lines = {check.name: check for check in result.checks}
    assert lines["payout.detail"].passed == lines["payout.detail"].cases > 0
    assert lines["webhook.payout"].drifted == lines["webhook.payout"].cases > 0


def test_a_finding_comes_with_the_call_that_shows_it_again():
    result = outcome(drift=("order.exchange_rates.rate:renamed", "webhook.payout.fee:renamed"), phases=("journey",))
    told = {finding.place: result.reproduce[finding.id] for finding in result.findings}
    assert told["order.exchange_rates.rate"].startswith("halopay call order.exchange_rates currency_id=")
    assert told["webhook.payout.fee"] == "halopay contract --seed 0"


def test_what_the_kit_would_not_send_is_told_in_words():
    result = outcome(drift=("*:code-added",), phases=("headers", "bodies"), operations=("account.balance",))
    told = [result.reproduce[finding.id] for finding in result.findings]
    assert told
    assert all("`halopay call` does not send it" in each for each in told)


def test_neither_key_nor_signature_is_in_what_a_result_shows():
    with Sandbox(seed=1, start=START, app_key="aPlantedKeyForTests", drift=["*:code-added"]) as box:
        result = run(Target.sandbox(box), Scope(phases=ALL_BUT_MADE_UP))
    shown = repr(result)
    signs = {value for each in result.observed.exchanges for name, value in each.request_headers if name == "X-Sign"}
    assert "aPlantedKeyForTests" not in shown
    assert not any(sign in shown for sign in signs)


def test_a_baseline_splits_news_from_what_is_accepted():
    with Sandbox(seed=1, start=START, drift=["payout.detail.fee:renamed"]) as box:
        result = run(Target.sandbox(box), Scope(phases=("journey",)), sift=lambda findings: ((), findings))
    assert result.exit_code == KEPT
    assert [finding.place for finding in result.accepted] == ["payout.detail.fee"]


def test_a_run_needs_no_schemathesis_where_nothing_is_made_up():
    script = (
        "import sys; sys.modules['schemathesis'] = None\n"
        "from tests.contract.test_contract_run import outcome\n"
        "assert outcome(phases=('journey',)).exit_code == 0\n"
        "from halopay_kit.errors import ConfigurationError\n"
        "try:\n    outcome(phases=('fuzz',))\nexcept ConfigurationError as error:\n"
        "    assert 'halopay-kit[contract]' in str(error)\nelse:\n    raise SystemExit('no error')\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60, cwd=ROOT)
