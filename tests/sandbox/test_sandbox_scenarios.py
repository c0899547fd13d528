"""Scenarios: the shipped ones pass and repeat themselves byte for byte; a wrong one says where it is wrong."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from halopay_api.policy import RETRY_AFTER
from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox import Sandbox
from halopay_kit.sandbox.scenario.scenario import Scenario

NAMES = Scenario.names()
ORDER = """
about: A test.
steps:
  - call: order.create
    with: {out_trade_no: T1, currency_id: 75, token_amount: "15"}
    as: order
"""


def play(steps: str, start: str = ORDER):
    return Scenario.parse(start + steps, "mine.yaml").run()


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_passes_and_the_same_seed_gives_the_same_recording(name):
    scenario = Scenario.load(name)
    first, second = scenario.run(), scenario.run()
    assert first.passed, first.problem
    assert first.problem is None
    assert len(first.steps) == len(scenario.script.steps)
    assert first.recording == second.recording
    assert all(json.loads(line)["number"] == number for number, line in enumerate(first.recording.splitlines(), 1))


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_starts_with_one_sentence(name):
    scenario = Scenario.load(name)
    assert scenario.about.endswith(".")
    assert ". " not in scenario.about
    assert len(scenario.about) > 80


def test_everything_that_goes_wrong_in_practice_has_a_scenario():
    assert set(NAMES) >= {
        "duplicate-out-trade-no",
        "fixed-address-paid-twice",
        "late-payment",
        "never-paid",
        "overpayment",
        "partial-then-full-payment",
        "payout-answer-lost",
        "payout-failed-though-done",
        "payout-fails",
        "receiver-down-for-an-hour",
        "stale-clock",
        "success-in-quotes",
        "webhook-before-the-answer",
        "webhook-doubled",
        "webhook-lost",
        "webhooks-reordered",
        "wrong-signature-on-an-answer",
    }


def test_success_in_quotes_is_tried_sixteen_times_at_the_documented_offsets():
    rows = [json.loads(line) for line in Scenario.load("success-in-quotes").run().recording.splitlines()]
    attempts = [row for row in rows if row["kind"] == "attempt"]
    offsets = [sum(RETRY_AFTER[:number]) for number in range(16)]
    assert [row["time"] - attempts[0]["time"] for row in attempts] == offsets
    assert [row["due"] for row in attempts] == [row["time"] for row in attempts]
    assert {row["answer"] for row in attempts} == {'"Success"'}
    assert offsets[-1] == 24 * 3600 + 3 * 60 + 50


def test_another_seed_gives_another_recording():
    one, other = (Scenario.parse(ORDER + f"seed: {seed}\n") for seed in (1, 2))
    assert one.run().recording == one.run().recording != other.run().recording


def test_no_recording_holds_the_key_or_a_port():
    for name in ("payout-answer-lost", "webhook-doubled"):
        scenario = Scenario.load(name)
        with Sandbox(seed=scenario.script.seed) as box:
            key = box.environ()["HALOPAY_APP_KEY"].encode()
        recording = scenario.run().recording
        assert key not in recording
        assert b"127.0.0.1:0/" in recording


class TestAWrongExpectation:
    @pytest.mark.parametrize(
        ("steps", "problem"),
        [
            (
                "  - call: order.detail\n    with: {out_trade_no: T1}\n    expect: {data: {status: PAID}}",
                "mine.yaml, step 2 (call order.detail): expect.data.status: expected 'PAID', found 'TO-BE-PAID'",
            ),
            (
                "  - pay: T1\n  - expect: {received: [TO-BE-PAID]}",
                "mine.yaml, step 3 (expect received): expect.received[0].status: expected 'TO-BE-PAID', found 'PAID'",
            ),
            (
                "  - expect: {received: [PAID]}",
                "mine.yaml, step 2 (expect received): expect.received: expected 1, found 0: []",
            ),
            (
                "  - expect: {orders: {T2: {status: PAID}}}",
                "mine.yaml, step 2 (expect orders): expect.orders.T2: expected an object, found None",
            ),
            (
                "  - expect: {orders: {T1: {amount: 15}}}",
                "mine.yaml, step 2 (expect orders): expect.orders.T1.amount: expected 15, found '15'",
            ),
            (
                '  - expect: {balances: {75: "5"}}',
                "mine.yaml, step 2 (expect balances): expect.balances.75: expected '5', found '100000'",
            ),
            (
                "  - expect: {different: [$order.trade_no, $order.trade_no]}",
                "mine.yaml, step 2 (expect different): expect.different: found the same twice",
            ),
            (
                "  - call: order.detail\n    with: {out_trade_no: T1}\n    expect: {answer: cut}",
                "mine.yaml, step 2 (call order.detail): expect.answer: expected 'cut', found 'right'",
            ),
            (
                "  - call: order.detail\n    with: {out_trade_no: T9}",
                "mine.yaml, step 2 (call order.detail): expect.code: expected 0, found 10004",
            ),
            ("  - pay: T9", "mine.yaml, step 2 (pay T9): refused: there is no such order"),
            ("  - settle: T1", "mine.yaml, step 2 (settle T1): refused: there is no such payout"),
            (
                "  - pay: {address: $order.addres}",
                "mine.yaml, step 2 (pay $order.addres): refused: what was kept as order has no addres",
            ),
        ],
    )
    def test_names_the_step_and_the_place(self, steps, problem):
        result = play(steps)
        assert not result.passed
        assert result.problem is not None
        assert result.problem.startswith(problem)

    def test_ends_the_run(self):
        result = play("  - pay: T9\n  - pay: T1")
        assert [step.number for step in result.steps] == [1, 2]
        assert [step.problem is None for step in result.steps] == [True, False]

    def test_of_a_webhook_s_signature_is_seen(self):
        steps = "  - faults: [webhook.payment:{}=1]\n  - pay: T1\n  - expect: {{received: [{{signature: {}}}]}}"
        assert play(steps.format("wrong_signature", "wrong")).passed
        assert play(steps.format("no_signature", "missing")).passed
        assert play(steps.format("stale", "stale")).passed
        problem = play(steps.format("stale", "right")).problem
        assert problem is not None
        assert "expect.received[0].signature: expected 'right', found 'stale'" in problem


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "mine.yaml: expected keys and values"),
        ("about: [", "mine.yaml: line 1: "),
        ("about: A\nabout: B\nsteps: []", "mine.yaml: line 2: about is said twice"),
        ("steps: [{pay: T1}]", "mine.yaml, about: say what happens"),
        ("about: A\nsteps: []", "mine.yaml, steps: expected a list of steps"),
        ("about: A\nstep: []", "mine.yaml: there is no key 'step'; there is about, seed"),
        ("about: A\nseed: [1]\nsteps: [{pay: T1}]", "mine.yaml, seed: a seed is"),
        ("about: A\nstart: soon\nsteps: [{pay: T1}]", "mine.yaml, start: a time is ISO text"),
        ("about: A\nunknowns: {x: 1}\nsteps: [{pay: T1}]", "mine.yaml, unknowns: there is no key 'x'; there is reused"),
        (
            "about: A\nunknowns: {service_fee_rate: much}\nsteps: [{pay: T1}]",
            "mine.yaml, unknowns, service_fee_rate: expected a decimal",
        ),
        (
            "about: A\nunknowns: {reused_out_trade_no: maybe}\nsteps: [{pay: T1}]",
            "mine.yaml, unknowns: reused_out_trade_no is one of",
        ),
        (
            "about: A\nfaults: [payout.create:cut=1]\nsteps: [{pay: T1}]",
            "mine.yaml, faults: 'cut' is no fault of payout.create. It takes cut_before",
        ),
        ("about: A\nfaults: {a: 1}\nsteps: [{pay: T1}]", "mine.yaml, faults: expected a list of texts"),
        ("about: A\ndrift: [x]\nsteps: [{pay: T1}]", "mine.yaml, drift: 'x' is no drift"),
        ("about: A\npayouts_settle_after: 0s\nsteps: [{pay: T1}]", "mine.yaml, payouts_settle_after: expected 1s"),
        ("about: A\nreceiver: sleeps\nsteps: [{pay: T1}]", "mine.yaml, receiver: expected answers Success"),
        ("about: A\nsteps: [{pey: T1}]", "mine.yaml, step 1: a step is one of call, pay"),
        ("about: A\nsteps: [pay]", "mine.yaml, step 1: expected keys and values"),
        (
            "about: A\nsteps: [{pay: T1}, {pay: T1, call: order.create}]",
            "mine.yaml, step 2: call and pay are two steps",
        ),
        (
            "about: A\nsteps: [{pay: T1, wit: {}}]",
            "mine.yaml, step 1 (pay): there is no key 'wit'; there is pay, as, expect",
        ),
        ("about: A\nsteps: [{call: order.creat}]", "mine.yaml, step 1, call: there is no operation 'order.creat'"),
        ("about: A\nsteps: [{call: order.create, with: T1}]", "mine.yaml, step 1, with: expected keys and values"),
        (
            "about: A\nsteps: [{call: order.create, expect: {dat: 1}}]",
            "mine.yaml, step 1, expect: there is no key 'dat'; there is answer, status",
        ),
        (
            "about: A\nsteps: [{call: order.create, expect: {answer: good}}]",
            "mine.yaml, step 1, expect, answer: expected one of right, cut",
        ),
        ("about: A\nsteps: [{call: order.create, clock: soon}]", "mine.yaml, step 1, clock: a span is like"),
        ("about: A\nsteps: [{call: order.create, as: Order}]", "mine.yaml, step 1, as: expected a name"),
        ("about: A\nsteps: [{pay: {amout: 5}}]", "mine.yaml, step 1, pay: there is no key 'amout'"),
        ("about: A\nsteps: [{pay: {amount: [5]}}]", "mine.yaml, step 1, pay, amount: expected a text or a number"),
        ("about: A\nsteps: [{fund: {amount: 5}}]", "mine.yaml, step 1, fund: say currency_id and amount"),
        ("about: A\nsteps: [{advance: 3 hours}]", "mine.yaml, step 1, advance: a span is like"),
        ("about: A\nsteps: [{travel_to: 3h}]", "mine.yaml, step 1, travel_to: a time is ISO"),
        ("about: A\nsteps: [{faults: ['*:sloth=1']}]", "mine.yaml, step 1, faults: 'sloth' is no fault of *"),
        ("about: A\nsteps: [{expect: {recieved: []}}]", "mine.yaml, step 1, expect: there is no key 'recieved'"),
        ("about: A\nsteps: [{expect: {received: PAID}}]", "mine.yaml, step 1, expect, received: expected a list"),
        ("about: A\nsteps: [{expect: {orders: []}}]", "mine.yaml, step 1, expect, orders: expected keys and values"),
        (
            "about: A\nsteps: [{expect: {deliveries: [{after: [soon]}]}}]",
            "mine.yaml, step 1, expect, deliveries, after: a span is like",
        ),
        ("about: A\nsteps: [{pay: $order.x}]", "mine.yaml, step 1: nothing is kept as 'order'; there is now, receiver"),
        ("about: A\nsteps: [{pay: $Order}]", "mine.yaml, step 1: nothing is kept as '$Order'"),
    ],
)
def test_a_file_is_read_strictly(text, told):
    with pytest.raises(ConfigurationError) as caught:
        Scenario.parse(text, "mine.yaml")
    assert str(caught.value).startswith(told), str(caught.value)


def test_a_file_is_loaded_by_its_path(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(ORDER)
    scenario = Scenario.load(file)
    assert scenario.name == str(file)
    assert scenario.run().passed


@pytest.mark.parametrize("path", ["nowhere.yaml", "", ".", "a\0b"])
def test_a_file_that_is_not_there_is_told_with_those_that_are(path):
    with pytest.raises(ConfigurationError, match=r"there is no scenario.*webhook-doubled"):
        Scenario.load(path)


def test_a_decimal_stays_what_was_written():
    result = play('  - fund: {currency_id: 75, amount: 12.50}\n  - expect: {balances: {75: "100012.5"}}')
    assert result.passed, result.problem


def test_times_and_the_receiver_are_referred_to():
    steps = """
  - call: entrust.pre_create
    with: {out_trade_no: T2, symbol: USD, amount: "15", time_expire: $now+10m, callback_url: $receiver}
    expect: {data: {time_expire: $now+10m}}
  - travel_to: 2026-03-17T12:31:00Z
  - expect:
      received: [{out_trade_no: T2, status: TIME-OUT, time: 1773750600, at: 1773750600}]
"""
    result = play(steps)
    assert result.passed, result.problem


def test_payouts_settle_by_themselves_when_their_time_has_come():
    start = ORDER.replace("steps:", "payouts_settle_after: 1s\nsteps:")
    steps = """
  - call: payout.create
    with: {out_trade_no: P1, currency_id: 75, amount: "5", address: TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t}
  - expect: {received: []}
  - advance: 1s
  - expect:
      received: [{out_trade_no: P1, status: PAID}]
"""
    first = play(steps, start)
    assert first.passed, first.problem
    assert play(steps, start).recording == first.recording


def test_a_delay_lets_a_payout_settle_before_its_answer():
    start = ORDER.replace("steps:", "payouts_settle_after: 10s\nfaults: ['payout.create:delay=1m']\nsteps:")
    result = play(
        """
  - call: payout.create
    with: {out_trade_no: P1, currency_id: 75, amount: "5", address: TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t}
    expect: {received: [{out_trade_no: P1, status: PAID, at: 1773750010}], data: {status: TO-BE-PAID}}
""",
        start,
    )
    assert result.passed, result.problem


def test_a_sandbox_alone_imports_no_yaml_and_no_client():
    code = (
        "import sys; from halopay_kit.sandbox import Sandbox; Sandbox();"
        "print([m for m in ('yaml', 'urllib3', 'halopay_kit.client') if m in sys.modules]);"
        "from halopay_kit.sandbox.scenario.scenario import Scenario; Scenario.load('late-payment').run();"
        "print([m for m in ('client', 'transport', 'webhooks') if f'halopay_kit.{m}' in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n[]\n"
