"""The webhooks of an inbox are part of a run: they are judged like those that came to the run itself."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import pytest

from halopay_kit import Sandbox, webhooks
from halopay_kit.contract.exchange import Observed
from halopay_kit.contract.from_inbox import latest_number, taken_in
from halopay_kit.contract.live import observe_live
from halopay_kit.contract.observe import WEBHOOKS, Scope, observe
from halopay_kit.contract.plan import Plan
from halopay_kit.contract.run import result
from halopay_kit.contract.target import Target
from halopay_kit.contract.twin import START
from halopay_kit.errors import HaloPayError
from halopay_kit.inbox import Arrival, Inbox


@pytest.fixture(scope="module")
def journey() -> tuple[Observed, Sandbox]:
    with Sandbox(seed=1, start=START) as box:
        return observe(Target.sandbox(box), Scope(phases=("journey",))), box


def fill(url: str, observed: Observed, box: Sandbox) -> None:
    with Inbox(url) as inbox:
        for each in observed.deliveries:
            event = webhooks.verify(each.body, dict(each.headers), app_key=box.app_key, now=each.at)
            inbox.take([Arrival(event=event, received_at=each.at, headers=each.headers)])


def visit(deliveries, box: Sandbox):
    nowhere = Target.at("http://127.0.0.1:9", box.app_id, box.app_key, live=True)
    observed = observe_live(nowhere, Plan(), deliveries=deliveries, sleep=lambda _: None)
    return result(observed, (box.app_key,))


def test_every_attempt_that_an_inbox_took_in_is_judged(journey, store_url):
    observed, box = journey
    fill(store_url, observed, box)
    found = taken_in(store_url, since=0)
    assert len(found) == len(observed.deliveries)
    assert {each.webhook for each in found} == set(WEBHOOKS)
    judged = visit(found, box)
    lines = {check.name: check for check in judged.checks}
    assert all(lines[name].passed == lines[name].cases > 0 for name in WEBHOOKS)
    assert not [each for each in judged.findings if each.place.startswith("webhook") or each.place == "header"]
    assert not judged.observed.unreached.keys() & set(WEBHOOKS)


def test_what_is_older_is_left_out(journey, tmp_path):
    observed, box = journey
    fill(str(tmp_path / "inbox.sqlite"), observed, box)
    since = observed.deliveries[0].at + 1000
    found = taken_in(tmp_path / "inbox.sqlite", since=since)
    assert 0 < len(found) < len(observed.deliveries)


def test_other_apps_of_an_inbox_are_left_out(journey, tmp_path):
    observed, box = journey
    fill(str(tmp_path / "inbox.sqlite"), observed, box)
    assert taken_in(tmp_path / "inbox.sqlite", since=0, app_id="anotherApp000000") == ()
    assert len(taken_in(tmp_path / "inbox.sqlite", since=0, app_id=box.app_id)) == len(observed.deliveries)


def test_an_inbox_tells_of_an_order_and_a_payout_that_can_be_asked_for(journey):
    observed, _ = journey
    told = {name: latest_number(observed.deliveries, name) for name in ("webhook.payment", "webhook.payout")}
    assert all(len(number or "") == 32 for number in told.values())
    assert latest_number((), "webhook.payment") is None


def test_drift_in_an_inbox_is_found(journey, tmp_path: Path):
    observed, box = journey
    fill(str(tmp_path / "inbox.sqlite"), observed, box)
    found = taken_in(tmp_path / "inbox.sqlite", since=0)
    first = json.loads(found[0].body)
    drifted = attrs.evolve(found[0], body=json.dumps({**first, "risk_level": "low"}).encode())
    places = {(each.kind, each.place) for each in visit([drifted, *found[1:]], box).findings}
    assert ("field-added", "webhook.payment.risk_level") in places


def test_an_inbox_that_is_not_there_is_an_error_and_is_not_made(tmp_path):
    with pytest.raises(HaloPayError):
        taken_in(tmp_path / "none.sqlite", since=0)
    assert list(tmp_path.iterdir()) == []
