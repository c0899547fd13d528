"""Every drift of the sandbox, one at a time, wherever it applies: found, named, at the right place, and nothing else.

`HALOPAY_TEST_ALL=1` or `HALOPAY_PROOF=full` looks at every field, else at one of each operation and webhook.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from halopay_kit.contract.judge import judge
from halopay_kit.contract.kinds import KINDS
from halopay_kit.sandbox.drift.drift import Drift
from tests.contract.matrix import chosen, expected, owner
from tests.contract.session import APP_KEY, Session

DRIFTS = list(dict.fromkeys(kind.name for kind in Drift.kinds()))


@pytest.mark.parametrize("drift", DRIFTS)
def test_a_drift_is_found_and_named_wherever_it_is(
    session: Session, drift: str, record_property: Callable[[str, object], None]
) -> None:
    looked, found, wrong = Counter[str](), Counter[str](), []
    for place in chosen(drift):
        looked[owner(place)] += 1
        findings = judge(session.day(f"{place}:{drift}"), app_key=APP_KEY)
        kind, where, seen = expected(drift, place)
        reported = [(each.kind, each.place, dict(each.seen)) for each in findings]
        if [(each.kind, each.place) for each in findings] != [(kind, where)] or not seen.items() <= reported[0][
            2
        ].items():
            wrong.append(f"{place}:{drift} should be {kind} at {where} {dict(seen)}, was {reported}")
            continue
        found[owner(place)] += 1
        assert findings[0].grade in {KINDS[kind].grade, KINDS[kind].guessed, "broken"}
        assert findings[0].grade != "note"
        assert findings[0].evidence
    record_property("drift-matrix", (drift, dict(looked), dict(found)))
    assert not wrong, "\n".join(wrong)


def test_no_drift_of_the_sandbox_is_forgotten() -> None:
    assert {kind for kind, _ in Drift.matrix()} == set(DRIFTS)
    assert len(DRIFTS) >= 30
    for kind, place in Drift.matrix():
        assert expected(kind, place)[0] in KINDS


def test_several_drifts_are_several_findings(session: Session) -> None:
    drifts = [
        "order.create.amount:comma",
        "order.detail:camel-case",
        "webhook.payment.status:new-value",
        "webhook.payout.fee:removed",
        "webhook.payment_qr_code.pay_address:nested",
        "currency.token_list:paged",
        "currency.token_list.chain:renamed",
        "payout.create:data-text",
        "payout.detail.create_time:milliseconds",
        "account.balance:added",
        "envelope:msg-renamed",
        "header:x-sign-renamed",
        "signature:base64",
    ]
    found = {(each.kind, each.place) for each in judge(session.day(*drifts), app_key=APP_KEY)}
    wanted = {expected(*reversed(drift.rsplit(":", 1)))[:2] for drift in drifts}
    assert found == wanted
