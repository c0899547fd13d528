"""What a sandbox that drifts shows: proposed, applied, generated; and judged again by the new spec, nothing is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from codegen import document, operations, policy
from codegen.shapes import Shapes
from halopay_kit.contract.judge import Spec, look
from halopay_kit.contract.overlay import Overlay, apply, propose, read
from halopay_kit.contract.run import result
from tests.conftest import ROOT
from tests.contract.overlays import TEXT
from tests.contract.session import APP_KEY

# A place for each kind of drift that a spec can express; all 1,422 pairs of the sandbox's matrix do it likewise.
EXPRESSED = (
    "order.create.amount:retyped-number",
    "webhook.payment.time:retyped-text",
    "order.create.equity:retyped-fraction",
    "payout.create.contract:retyped-boolean",
    "webhook.payout.status:retyped-object",
    "currency.token_list.token:retyped-list",
    "order.exchange_rates.fiat_name:null",
    "order.create.trade_no:null",
    "envelope:msg-null",
    "order.create.trade_no:emptied",
    "webhook.payment.amount:emptied",
    "order.exchange_rates.fiat_name:emptied",
    "webhook.payment_qr_code.status:new-value",
    "order.detail.status:recased",
    "order.detail.amount:comma",
    "payout.detail.fee:exponent",
    "entrust.pre_create.time_expire:milliseconds",
    "webhook.payout.time:date",
    "payout.create.trade_no:nested",
    "order.create.amount:renamed",
    "webhook.payment.trade_no:renamed",
    "order.detail.txid:removed",
    "order.create.mode:removed",
    "envelope:msg-removed",
    "order.detail:camel-case",
    "currency.app_token_list:added",
    "envelope:added",
    "header:added",
    "order.create:code-added",
    "order.create:listed",
    "currency.app_token_list:paged",
    "entrust.pre_create:wrapped",
)
# What is code, not spec.
LEFT = (
    "order.create:data-text",
    "order.create:data-null",
    "order.create:data-removed",
    "order.create:moved",
    "envelope:success-code",
    "envelope:code-text",
    "envelope:code-renamed",
    "envelope:msg-object",
    "envelope:data-renamed",
    "envelope:wrapped",
    "signature:prose-reading",
    "signature:base64",
    "header:x-timestamp-milliseconds",
    "header:x-sign-renamed",
    "header:x-eventtype-new-value",
)


def proposed(seen) -> Overlay:
    """Return the overlay as it is read back from its file."""
    made = propose(result(seen, (APP_KEY,)))
    assert read(made.text()) == made
    return made


def read_by_the_generator(text: str) -> dict:
    """Return the spec that the generator reads, all but its templates."""
    read_spec = document.parse(text.encode())
    shapes = Shapes(read_spec)
    operations.read(read_spec, shapes)
    policy.read(read_spec, shapes)
    return dict(read_spec.data)


def left(seen, spec: dict) -> list[str]:
    judged = look(seen, app_key=APP_KEY, spec=Spec.of(spec)).findings
    return [finding.id for finding in judged if finding.grade != "note"]


@pytest.mark.parametrize("drift", EXPRESSED)
def test_the_next_run_is_clean(session, drift):
    seen = session.day(drift)
    made = proposed(seen)
    assert made.actions
    done = apply(TEXT, made)
    assert done.without_effect == ()
    assert left(seen, read_by_the_generator(done.after)) == []


@pytest.mark.parametrize("drift", LEFT)
def test_what_no_spec_expresses_is_told_with_what_to_do(session, drift):
    seen = session.day(drift)
    made = proposed(seen)
    assert made.actions == ()
    assert made.manual
    assert all(remark.advice and remark.evidence for remark in made.manual)


def test_several_drifts_at_once_are_corrected_together(session):
    seen = session.day(
        "order.create.amount:renamed",
        "order.create.chain:null",
        "order.detail:camel-case",
        "webhook.payment:added",
        "payout.detail.fee:retyped-number",
        "currency.app_token_list:paged",
        "header:added",
    )
    spec = read_by_the_generator(apply(TEXT, proposed(seen)).after)
    assert left(seen, spec) == []
    assert [error.message for error in OpenAPIV31SpecValidator(spec).iter_errors()] == []


def test_an_honest_day_needs_no_correction(day):
    made = proposed(day)
    assert (made.actions, made.manual) == ((), ())


def test_no_value_of_an_answer_stands_in_an_overlay(session):
    seen = session.day("order.create:added", "order.detail.pay_address:renamed", "webhook.payment.txid:nested")
    text = proposed(seen).text()
    answers = [
        json.loads(exchange.answer_body)["data"] for exchange in seen.exchanges if b'"data"' in exchange.answer_body
    ]
    rows = [row for data in answers for row in (data if isinstance(data, list) else [data])]
    values = {value for row in rows for value in row.values() if isinstance(value, str) and len(value) > 8}
    assert len(values) > 10
    assert [value for value in values if value in text] == []
    assert session.box.app_id not in text


# --- generated anew

DRIFTS = (
    "order.create.amount:renamed",
    "order.create.mode:null",
    "order.create.equity:retyped-fraction",
    "order.create.time_expire:milliseconds",
    "order.create:added",
    "order.detail.chain:retyped",
    "entrust.pre_create:listed",
    "payout.create.trade_no:nested",
    "payout.detail.status:new-value",
    "payout.detail.fee:comma",
    "account.balance:code-added",
    "webhook.payment:camel-case",
)


@pytest.fixture(scope="module")
def generated(session, tmp_path_factory):
    """Return where the package of a corrected spec is, beside an answer that was drift before."""
    folder = tmp_path_factory.mktemp("generated")
    seen = session.day(*DRIFTS)
    (folder / "halopay.yaml").write_text(apply(TEXT, proposed(seen)).after, "utf-8")
    generate = [
        "-m",
        "codegen",
        "generate",
        "--spec",
        str(folder / "halopay.yaml"),
        "--out",
        str(folder / "halopay_api"),
    ]
    subprocess.run([sys.executable, *generate], cwd=ROOT, check=True, capture_output=True, timeout=60)
    body = next(each.answer_body for each in seen.exchanges if each.operation == "order.create")
    (folder / "answer.json").write_bytes(body)
    return folder


def run_there(folder, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_client_that_is_generated_reads_what_was_drift_before(generated):
    code = """
from decimal import Decimal
from halopay_api import models
from halopay_api.codec import decode, drift, parse
body = open("answer.json", "rb").read()
order = decode(models.OrderCreated, parse(body)["data"], body=body)
assert isinstance(order.new_amount, Decimal) and order.mode is None and order.equity % 1 == Decimal("0.5"), order
assert order.risk_level == "low" and drift(order) == () and order.extra == {}, drift(order)
assert models.PayoutStatus("SUSPENDED").known
"""
    run_there(generated, code)


def test_the_same_run_with_the_generated_client_is_clean(generated):
    code = f"""
import halopay_api
from pathlib import Path
assert Path(halopay_api.__file__).parents[1] == Path.cwd(), halopay_api
from halopay_kit.contract.observe import Scope
from halopay_kit.contract.run import run
from halopay_kit.contract.target import Target
from halopay_kit.sandbox import Sandbox
for drifts in ({DRIFTS!r}, ()):
    with Sandbox(seed=1, drift=drifts) as box:
        found = run(Target.sandbox(box), Scope(phases=("journey", "headers")))
    print(sorted({{finding.kind for finding in found.findings if finding.grade != "note"}}))
"""
    drifting, honest = run_there(generated, code).splitlines()
    assert drifting == "[]"
    assert honest != "[]"
