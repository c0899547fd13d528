"""The pytest plugin, as somebody uses it who installed the package and wrote a test."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

INSTALLED = any(point.name == "halopay" for point in entry_points(group="pytest11"))


@pytest.fixture
def run(pytester, monkeypatch):
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(source: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(source)
        plugin = [] if INSTALLED else ["-p", "halopay_kit.pytest_plugin"]
        return pytester.runpytest_subprocess(*plugin, "-W", "error", "--strict-markers", *options)

    return run


def test_one_line_is_enough(run):
    run("def test(halopay_client): assert halopay_client.account.balance(currency_id=75).balance > 0").assert_outcomes(
        passed=1
    )


def test_an_order_is_paid_and_its_webhook_arrives_verified_and_typed(run):
    run(
        """
        from decimal import Decimal

        def test(halopay_client, halopay_sandbox, halopay_webhooks, halopay_clock):
            order = halopay_client.order.create(out_trade_no="T1", currency_id=75, token_amount="10")
            halopay_sandbox.pay(out_trade_no="T1", amount="4")
            halopay_clock.advance("10m")
            halopay_sandbox.pay(out_trade_no="T1")
            partly, paid = halopay_webhooks.wait(2)
            assert (partly.data.status.value, partly.data.amount_collected) == ("TO-BE-PAID", Decimal(4))
            assert (paid.data.status.value, paid.data.trade_no) == ("PAID", order.trade_no)
            assert paid.signed_at - partly.signed_at == 600 == halopay_clock.now() - order.create_time
            assert paid.event_type_agrees
            assert halopay_webhooks.events == [partly, paid]
            assert [delivery.error for delivery in halopay_webhooks.received] == [None, None]
        """
    ).assert_outcomes(passed=1)


def test_an_endpoint_that_misbehaves_is_tried_sixteen_times(run):
    run(
        """
        import pytest

        @pytest.mark.parametrize("answer", ['"Success"', b"ok", "", 500, (302, "Success"), None])
        def test(halopay_client, halopay_sandbox, halopay_webhooks, halopay_clock, answer):
            halopay_webhooks.answer = answer
            halopay_client.order.create(out_trade_no="T1", currency_id=75, token_amount="10")
            halopay_sandbox.pay(out_trade_no="T1")
            assert len(halopay_webhooks.events) == 1
            halopay_clock.advance("25h")
            times = [event.signed_at for event in halopay_webhooks.wait(16)]
            assert len(times) == 16
            assert times[-1] - times[0] == 24 * 3600 + 3 * 60 + 50

        @pytest.mark.parametrize("answer", ["Success", b"Success", (201, "Success")])
        def test_content(halopay_client, halopay_sandbox, halopay_webhooks, halopay_clock, answer):
            halopay_webhooks.answer = answer
            halopay_client.order.create(out_trade_no="T1", currency_id=75, token_amount="10")
            halopay_sandbox.pay(out_trade_no="T1")
            halopay_clock.advance("25h")
            assert len(halopay_webhooks.events) == 1
        """
    ).assert_outcomes(passed=9)


def test_the_marker_says_what_the_sandbox_is_like(run):
    run(
        """
        from decimal import Decimal

        import pytest
        from halopay_kit import OutcomeUnknown
        from halopay_kit.errors import HaloPayError
        from halopay_kit.sandbox import Unknowns

        pytestmark = pytest.mark.halopay(unknowns=Unknowns(payout_fee_rate=Decimal("0.5")))
        PAYOUT = dict(out_trade_no="P1", currency_id=75, amount="10", address="TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")

        @pytest.mark.halopay(faults=["payout.create:cut_after=1"])
        def test_faults(halopay_client):
            with pytest.raises(OutcomeUnknown):
                halopay_client.payout.create(**PAYOUT)
            payout = halopay_client.payout.detail(out_trade_no="P1")
            assert payout.fee == 5, "what the module's marker says counts too"

        @pytest.mark.halopay(drift=["order.create.amount:renamed"])
        def test_drift(halopay_client):
            with pytest.raises(HaloPayError, match="amount"):
                halopay_client.order.create(out_trade_no="T1", currency_id=75, token_amount="1")

        @pytest.mark.halopay(start="2027-01-01T00:00:00Z")
        def test_start(halopay_client, halopay_clock):
            assert halopay_clock.now() == 1798761600
            order = halopay_client.order.create(out_trade_no="T1", currency_id=75, token_amount="1")
            assert order.create_time == 1798761600

        @pytest.mark.halopay(start=None)
        def test_the_machines_own_time(halopay_client, halopay_clock):
            import time
            assert abs(halopay_clock.now() - time.time()) < 5

        @pytest.mark.halopay(seed=7)
        class TestSeed:
            def test_one(self, halopay_sandbox):
                TestSeed.seen = halopay_sandbox.app_id

            def test_two(self, halopay_sandbox):
                assert halopay_sandbox.app_id == self.seen
        """
    ).assert_outcomes(passed=6)


def test_every_test_has_a_world_of_its_own_and_the_same_each_time(run, pytester):
    source = """
        import pathlib, pytest

        @pytest.mark.parametrize("number", range(6))
        def test(halopay_client, halopay_sandbox, halopay_clock, number):
            order = halopay_client.order.create(out_trade_no="T1", currency_id=75, token_amount="1")
            assert order.create_time == halopay_clock.now() == 1773750000
            with pathlib.Path("seen.txt").open("a") as file:
                file.write(f"{number} {order.trade_no} {order.pay_address} {halopay_sandbox.app_id}\\n")
    """
    seen = []
    for options in ((), ("-n", "2")):
        run(source, *options).assert_outcomes(passed=6)
        file = pytester.path / "seen.txt"
        seen.append(sorted(file.read_text().splitlines()))
        file.unlink()
    assert seen[0] == seen[1]
    assert len({line.split()[1] for line in seen[0]}) == 6


def test_a_read_that_is_tried_again_waits_on_the_sandboxs_clock(run):
    run(
        """
        import pytest

        @pytest.mark.halopay(faults=["account.balance:error_before=2"])
        def test(halopay_client, halopay_clock):
            before = halopay_clock.now()
            halopay_client.account.balance(currency_id=75)
            assert halopay_clock.now() > before
        """
    ).assert_outcomes(passed=1)


def test_a_wait_in_vain_says_what_came(run):
    result = run(
        """
        import urllib.request, urllib.error
        import pytest

        def test_nothing(halopay_webhooks):
            halopay_webhooks.wait(1, timeout=0.01)

        def test_forged(halopay_webhooks):
            headers = {"X-Appid": "me", "X-Timestamp": "1773750000", "X-Sign": "0" * 64}
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(urllib.request.Request(halopay_webhooks.url, b"{}", headers))
            refused.value.close()
            assert refused.value.code == 400
            assert halopay_webhooks.events == []
            assert halopay_webhooks.received[0].body == b"{}"
            halopay_webhooks.wait(1, timeout=0.01)
        """
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*0 webhooks came, not 1", "*0 webhooks came, not 1; refused: *"])


def test_without_the_extra_the_error_says_what_to_install(run):
    result = run(
        """
        import sys

        sys.modules["starlette"] = sys.modules["jsonschema_rs"] = None

        def test(halopay_client):
            pass

        def test_other():
            pass
        """
    )
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(["*needs jsonschema_rs, starlette: pip install 'halopay-kit[[]sandbox[]]'*"])


def test_a_marker_that_makes_no_sense_is_told_in_one_line(run):
    result = run(
        """
        import pytest

        @pytest.mark.halopay(sede=1)
        def test_a(halopay_sandbox): pass

        @pytest.mark.halopay("cut_after")
        def test_b(halopay_sandbox): pass

        @pytest.mark.halopay(drift=["order.create.amount:vanished"])
        def test_c(halopay_sandbox): pass

        @pytest.mark.halopay(faults=["payout.create:explode=1"])
        def test_d(halopay_sandbox): pass

        @pytest.mark.halopay(start="yesterday")
        def test_e(halopay_sandbox): pass
        """
    )
    result.assert_outcomes(errors=5)
    says = [
        " takes faults, *seed, *drift*",
        " takes names: seed=*",
        "*no drift of order.create.amount*",
        "*explode*",
        "*ISO*",
    ]
    result.stdout.fnmatch_lines([f"@pytest.mark.halopay{line}" for line in says])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_loading_the_plugin_imports_next_to_nothing():
    code = (
        "import sys, pytest; before = set(sys.modules); import halopay_kit.pytest_plugin;"
        "print(sorted(name for name in set(sys.modules) - before))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "['halopay_kit', 'halopay_kit.pytest_plugin']\n"


def test_a_sandbox_is_there_in_no_time(run):
    result = run(
        """
        import pytest

        @pytest.mark.parametrize("number", range(20))
        def test(halopay_client, halopay_webhooks, number):
            pass
        """,
        "--durations=0",
        "-vv",
    )
    result.assert_outcomes(passed=20)
    setups = sorted(float(line.split("s ")[0]) for line in result.outlines if "s setup " in line)
    assert setups[len(setups) // 2] < 0.1, "a few milliseconds where nothing else runs"
