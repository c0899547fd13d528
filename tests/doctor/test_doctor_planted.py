"""The doctor finds each misconfiguration that is planted, tells nothing else, and passes a right one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import attrs
import pytest

from halopay_kit import Sandbox
from halopay_kit.doctor import CHECKS, Patient
from tests.doctor.planted import FOREVER, KEY, Git, Receiver, environ, examined, failed
from tests.hostile import hostile, http


@attrs.frozen(kw_only=True)
class Plant:
    """What is wrong, and the checks that fail for it; `also` makes more of it, given the patient."""

    fails: set[str]
    receiver: Receiver = attrs.field(factory=Receiver)
    app_id: str | None = None
    app_key: str = KEY
    receiver_key: str | None = None
    clock: Callable[[], float] | None = None
    commit: tuple[str, str] | None = None
    changed: dict[str, Any] = attrs.field(factory=dict)
    base: bytes | None = None


UNSIGNED = http(b'{"code":0,"msg":"success","data":[]}')
PLANTS = {
    "nothing": Plant(fails=set()),
    "a clock that is five minutes slow": Plant(fails={"clock"}, clock=lambda: time.time() + 300),
    "a clock that is five minutes fast": Plant(fails={"clock"}, clock=lambda: time.time() - 300),
    "the AppKey of another app": Plant(
        fails={"signature"}, app_key="another-AppKey-0xBADF00D", receiver_key="another-AppKey-0xBADF00D"
    ),
    "the AppId of another app": Plant(fails={"signature"}, app_id="ad4cyr8dpfs9j2u1"),
    "a receiver that answers JSON": Plant(fails={"webhook-success"}, receiver=Receiver(answer=b'{"ok":true}')),
    "a receiver that answers with quotes": Plant(fails={"webhook-success"}, receiver=Receiver(answer=b'"Success"')),
    "a receiver that answers with a line's end": Plant(
        fails={"webhook-success"}, receiver=Receiver(answer=b"Success\n")
    ),
    "a receiver that believes everybody": Plant(
        fails={"webhook-forged", "webhook-stale", "webhook-kept"}, receiver=Receiver(verifies=False)
    ),
    "a receiver that takes what is stale": Plant(fails={"webhook-stale"}, receiver=Receiver(freshness=FOREVER)),
    "a receiver that refuses with Success": Plant(
        fails={"webhook-forged", "webhook-stale"}, receiver=Receiver(refusal=(200, b"Success"))
    ),
    "a receiver that counts duplicates": Plant(fails={"webhook-once"}, receiver=Receiver(counts_each=True)),
    "a receiver that refuses duplicates": Plant(fails={"webhook-once"}, receiver=Receiver(refuses_again=True)),
    "a receiver that forgets on restart": Plant(fails={"webhook-kept"}, receiver=Receiver(keeps=False)),
    "a receiver with an old AppKey": Plant(fails={"webhook-success"}, receiver_key="an-AppKey-of-yesterday"),
    "the AppKey in a file that git tracks": Plant(
        fails={"key-in-files", "key-in-history"}, commit=("deploy.yaml", f"env:\n  HALOPAY_APP_KEY: {KEY}\n")
    ),
    "an inbox in memory": Plant(fails={"inbox"}, changed={"inbox": "sqlite:///:memory:"}),
    "an inbox that is not there": Plant(fails={"inbox"}, changed={"inbox": "/nowhere/inbox.sqlite"}),
    "an inbox that does not answer": Plant(fails={"inbox"}, changed={"inbox": "postgresql://shop@127.0.0.1:9/shop"}),
    "a base URL that answers unsigned": Plant(fails={"answers", "unsigned"}, base=UNSIGNED),
    "a base URL of something else": Plant(fails={"address"}, base=http(b"<html>", content_type="text/html")),
    "a base URL where nobody is": Plant(fails={"address"}, changed={"base_url": "http://127.0.0.1:9"}),
    "a receiver where nobody is": Plant(fails={"webhook-reachable"}, changed={"webhook_url": "http://127.0.0.1:9/"}),
    "a receiver without TLS": Plant(fails={"webhook-reachable"}, changed={"webhook_url": "http://shop.example/"}),
}


@contextmanager
def ill(plant: Plant, box: Sandbox, git: Git, url: str) -> Iterator[Patient]:
    with ExitStack() as stack:
        if plant.clock is not None:
            box = stack.enter_context(Sandbox(app_key=KEY, clock=plant.clock))
        if plant.commit is not None:
            git.commit(*plant.commit)
        base_url = stack.enter_context(hostile(plant.base)).base_url if plant.base else box.base_url
        webhook_url = stack.enter_context(plant.receiver.serve(url, plant.receiver_key or KEY))
        patient = Patient(
            environ=environ(box, HALOPAY_APP_KEY=plant.app_key, HALOPAY_APP_ID=plant.app_id or box.app_id),
            base_url=base_url,
            webhook_url=webhook_url,
            inbox=url,
            repo=git.folder,
        )
        yield attrs.evolve(patient, **plant.changed)


@pytest.mark.parametrize("name", PLANTS)
def test_the_doctor_finds_what_is_planted_and_nothing_else(name, shop_box, git, tmp_path):
    plant = PLANTS[name]
    with ill(plant, shop_box, git, f"sqlite:///{tmp_path}/inbox.sqlite") as patient:
        checks = examined(patient)
    assert failed(checks) == plant.fails, {name: checks[name] for name in failed(checks) ^ plant.fails}
    assert list(checks) == list(CHECKS)


def test_of_a_right_integration_everything_but_drift_passes(shop_box, git, store_url):
    with ill(PLANTS["nothing"], shop_box, git, store_url) as patient:
        checks = examined(patient)
    assert {name for name, check in checks.items() if check.verdict != "passed"} == {"drift"}


def test_without_anything_to_look_at_every_check_is_skipped_with_a_remedy(tmp_path):
    checks = examined(Patient(environ={}, repo=tmp_path))
    assert failed(checks) == {"credentials"}
    assert {check.verdict for name, check in checks.items() if name not in ("credentials", "spec")} == {"skipped"}
    assert checks["inbox"].remedy == "Give --inbox URL, or HALOPAY_INBOX."
