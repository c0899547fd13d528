"""Ways round the guard of live targets: odd addresses, redirects, proxies, targets that lie; none leads anywhere."""

from __future__ import annotations

import os
import subprocess
import sys

import attrs
import pytest

from halopay_kit import Sandbox
from halopay_kit.contract.caller import Caller
from halopay_kit.contract.live import observe_live
from halopay_kit.contract.log import Log
from halopay_kit.contract.observe import Scope, observe
from halopay_kit.contract.pace import Pace
from halopay_kit.contract.plan import Plan
from halopay_kit.contract.target import Target
from halopay_kit.errors import ConfigurationError
from halopay_kit.signing import AppKey
from tests.conftest import ROOT
from tests.contract.proxy import Arrived, Proxy

KEY = AppKey("testAppKey")
REAL = "https://api.pay.halochat.io"
PLAN = Plan(rate=5, currency_ids=(75,))


def at(url: str, **options: bool) -> Target:
    return Target.at(url, "e41jrqx2db4p1aqz", KEY, **options)


@pytest.mark.parametrize(
    "url",
    [
        REAL,
        f"{REAL}/127.0.0.1",
        "https://127.0.0.1.nip.io",
        "https://localhost.example.com",
        "https://localhost.",
        "https://localtest.me",
        "https://0.0.0.0",
        "https://[::]",
        "https://[::ffff:127.0.0.1]",
        "https://2130706433",
        "https://0x7f000001",
        "https://127.1",
        "https://10.0.0.1",
    ],
)
def test_whatever_is_not_plainly_this_machine_is_live(url):
    assert at(url).live


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8787", "http://localhost:8787", "http://[::1]:8787", "http://127.8.9.10/prefix"]
)
def test_loopback_is_not_live_unless_somebody_says_so(url):
    assert not at(url).live
    assert at(url, live=True).live


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.pay.halochat.io",
        "http://api.pay.halochat.io",
        f"http://127.0.0.1@{REAL[8:]}",
        f"https://localhost:80@{REAL[8:]}",
        f"http://{REAL[8:]}@127.0.0.1",
        f"http://{REAL[8:]}\\@127.0.0.1",
        f"http://127.0.0.1\\@{REAL[8:]}",
        f"http://127.0.0.1#@{REAL[8:]}",
        f"http://127.0.0.1?@{REAL[8:]}",
        "file:///etc/passwd",
        "http://",
        "https://１２７.0.0.1",  # noqa: RUF001  # digits of another width
    ],
)
def test_what_is_no_address_or_may_be_read_as_two_is_no_target(url):
    for live in (False, True):
        with pytest.raises(ConfigurationError, match="base URL"):
            at(url, live=live)


def test_a_target_cannot_say_of_another_machine_that_it_is_not_live():
    with pytest.raises(ConfigurationError, match="is live"):
        Target(name="sandbox", base_url=REAL, app_id="x", app_key=KEY, live=False)
    with pytest.raises(ConfigurationError, match="is live"):
        attrs.evolve(at(REAL), live=False)


def test_made_up_calls_cannot_be_sent_aside_to_a_live_target(box: Sandbox):
    with Proxy(box.base_url) as proxy:
        aside = Target.at(proxy.base_url, box.app_id, box.app_key, live=True)
        with pytest.raises(ConfigurationError):
            observe(Target.sandbox(box), Scope(phases=("fuzz",), fuzz_at=aside))
    assert not proxy.arrived


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(box: Sandbox, status: int):
    with Proxy(box.base_url) as elsewhere:

        class Redirecting(Proxy):
            def hand_on(self, arrived: Arrived) -> tuple[int, list[tuple[str, str]], bytes]:
                self.arrived.append(arrived)
                return status, [("Location", elsewhere.base_url + arrived.path)], b""

        with Redirecting(box.base_url) as proxy:
            target = Target.at(proxy.base_url, box.app_id, box.app_key, live=True)
            observed = observe_live(target, PLAN, sleep=lambda _: None)
            sandbox = Target.at(proxy.base_url, box.app_id, box.app_key)
            caller = Caller(sandbox, Log(), pace=Pace())
            caller.call("order.detail", {"out_trade_no": "T"})
            caller.close()
            observe(sandbox, Scope(phases=("fuzz",), cases=20, operations=("order.detail",)))
        assert len(proxy.arrived) > len(observed.exchanges) == PLAN.calls
        assert {each.status for each in observed.exchanges} == {status}
        assert not elsewhere.arrived


def test_no_proxy_of_the_environment_sees_a_call(box: Sandbox, monkeypatch: pytest.MonkeyPatch):
    with Proxy(box.base_url) as between, Proxy(box.base_url) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, between.base_url)
            monkeypatch.setenv(name.upper(), between.base_url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        observe_live(Target.at(proxy.base_url, box.app_id, box.app_key, live=True), PLAN, sleep=lambda _: None)
        sandbox = Target.at(proxy.base_url, box.app_id, box.app_key, control_token=box.control_token)
        observe(sandbox, Scope(phases=("journey", "fuzz"), cases=20, operations=("order.detail",)))
        assert len(proxy.arrived) > PLAN.calls + 20
        assert not between.arrived


def test_the_suite_leaves_a_live_target_alone_unless_it_is_told(box: Sandbox):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HALOPAY_")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", "-k", "the_target_keeps_the_spec"]
    for url in (REAL, "https://127.0.0.1.nip.io"):
        done = subprocess.run(
            [*command, "tests/contract/test_contract_run.py"],
            env={**environ, **box.environ(), "HALOPAY_BASE_URL": url},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        assert "1 skipped" in done.stdout
        assert "counts as live: HALOPAY_CONTRACT_LIVE=yes" in done.stdout
