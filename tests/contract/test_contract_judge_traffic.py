"""Traffic that somebody recorded: no expectations, perhaps no bytes or no key, other clocks, and what went wrong."""

from __future__ import annotations

import json
import random
from typing import Any

import attrs
import pytest

from halopay_kit.contract.exchange import Delivery, Exchange, Observed
from halopay_kit.contract.judge import judge
from halopay_kit.signing import AppKey
from tests.contract.session import (
    APP_KEY,
    Session,
    as_traffic,
    first,
    saying,
    signed_anew,
    webhook,
    with_changed,
    with_headers,
)

HOUR = 3600


def kinds(observed: Observed, **options: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    findings = judge(as_traffic(observed), app_key=options.get("app_key", APP_KEY))
    return sorted((each.kind, each.place, each.evidence) for each in findings)


def flipped(body: bytes, place: int, bit: int) -> bytes:
    return body[:place] + bytes([body[place] ^ 1 << bit]) + body[place + 1 :]


def test_exactly_four_changes_are_four_findings(day: Observed) -> None:
    flip, stale = first(day, "account.balance"), first(day, "currency.token_list")
    new, paid = first(day, "payout.detail"), webhook(day, "PAYMENT", "PAID")
    again = saying(paid, lambda body: body.update(status="TO-BE-PAID"))
    again = attrs.evolve(with_headers(again, x_eventtype="To-Be-Paid"), number=len(day.deliveries) + 1, delivery=None)
    changed = with_changed(
        day,
        attrs.evolve(flip, answer_body=flipped(flip.answer_body or b"", 40, 0)),
        signed_anew(stale, stale.answer_body or b"", later=-HOUR),
        saying(new, lambda envelope: envelope["data"].update(risk_level="low")),
    )
    assert kinds(attrs.evolve(changed, deliveries=(*changed.deliveries, again))) == [
        ("field-added", "payout.detail.risk_level", (f"x{new.number}",)),
        ("signature-wrong", "signature", (f"x{flip.number}",)),
        ("stale", "header.x-timestamp", (f"x{stale.number}",)),
        ("transition-illegal", "webhook.payment.status", (f"d{again.number}",)),
    ]


@pytest.mark.parametrize("seed", range(40))
def test_one_flipped_bit_is_one_finding_wherever_it_is(day: Observed, seed: int) -> None:
    chance = random.Random(seed)
    message: Any = chance.choice([*day.exchanges, *day.deliveries])
    is_answer = isinstance(message, Exchange)
    body = message.answer_body if is_answer else message.body
    changed = flipped(body, chance.randrange(len(body)), chance.randrange(8))
    message = attrs.evolve(message, **{"answer_body" if is_answer else "body": changed})
    name = f"{'x' if is_answer else 'd'}{message.number}"
    assert kinds(with_changed(day, message)) == [("signature-wrong", "signature", (name,))]


def test_a_changed_request_that_was_answered_is_told(day: Observed) -> None:
    asked = first(day, "account.balance")
    changed = attrs.evolve(asked, request_body=(asked.request_body or b"").replace(b"75", b"73"))
    assert kinds(with_changed(day, changed)) == [("request-signature", "signature", (f"x{asked.number}",))]


def test_a_refused_call_is_as_it_should_be(session: Session) -> None:
    session.begin()
    refused = session.call("order.detail", {"out_trade_no": "T"}, behind=500)
    assert kinds(session.observed()) == []
    assert json.loads(refused.answer_body or b"")["code"] == 10007


@pytest.mark.parametrize("later", [-HOUR, -121, 121, HOUR])
def test_an_answer_of_another_time_is_stale(day: Observed, later: int) -> None:
    answer = first(day, "order.detail")
    changed = signed_anew(answer, answer.answer_body or b"", later=later)
    assert kinds(with_changed(day, changed)) == [("stale", "header.x-timestamp", (f"x{answer.number}",))]


@pytest.mark.parametrize("later", [-119, 119])
def test_two_minutes_are_allowed(day: Observed, later: int) -> None:
    answer = first(day, "order.detail")
    assert kinds(with_changed(day, signed_anew(answer, answer.answer_body or b"", later=later))) == []


def test_a_stale_timestamp_that_nobody_signed_is_one_finding(day: Observed) -> None:
    answer = first(day, "order.detail")
    old = str(int(dict(answer.answer_headers)["x-timestamp"]) - HOUR)
    assert kinds(with_changed(day, with_headers(answer, x_timestamp=old))) == [
        ("stale", "header.x-timestamp", (f"x{answer.number}",))
    ]


def test_a_replayed_answer_is_stale_and_no_echo_as_well(day: Observed) -> None:
    one, other = first(day, "order.detail"), first(day, "order.detail", 3)
    replayed = signed_anew(other, one.answer_body or b"", later=-HOUR)
    assert kinds(with_changed(day, replayed)) == [("stale", "header.x-timestamp", (f"x{other.number}",))]


def test_a_webhook_signed_before_it_happened_is_stale(day: Observed) -> None:
    event = webhook(day, "PAYOUT", "PAID")
    changed = signed_anew(event, event.body or b"", later=-HOUR)
    assert kinds(with_changed(day, changed)) == [("stale", "header.x-timestamp", (f"d{event.number}",))]


def test_a_webhook_from_days_ago_is_stale(day: Observed) -> None:
    event = webhook(day, "PAYOUT", "PAID")
    old = saying(event, lambda body: body.update(time=body["time"] - 48 * HOUR), later=-48 * HOUR)
    assert kinds(with_changed(day, old)) == [("stale", "header.x-timestamp", (f"d{event.number}",))]


def test_a_retry_may_keep_its_first_signature_for_a_day(day: Observed) -> None:
    late = [attrs.evolve(each, at=(each.at or 0) + 23 * HOUR, answered=None) for each in day.deliveries]
    assert kinds(with_changed(day, *late)) == []


def test_a_recorder_with_another_clock_is_no_staleness(day: Observed) -> None:
    off = attrs.evolve(
        day,
        exchanges=tuple(attrs.evolve(each, at=(each.at or 0) + 8 * HOUR) for each in day.exchanges),
        deliveries=tuple(attrs.evolve(each, at=(each.at or 0) + 8 * HOUR) for each in day.deliveries),
    )
    assert kinds(off) == []


def test_time_that_is_moved_in_a_sandbox_is_no_staleness(day: Observed) -> None:
    exchanges = [attrs.evolve(each, at=(each.at or 0) - 1860) for each in day.exchanges if 10 < each.number < 16]
    deliveries = [
        attrs.evolve(each, at=(each.at or 0) - 1860 * (each.number > 2), answered=None) for each in day.deliveries
    ]
    part = attrs.evolve(day, exchanges=day.exchanges[:15])
    assert kinds(with_changed(part, *exchanges, *deliveries)) == []


def test_without_bytes_signatures_are_not_judged_which_is_said_once(day: Observed) -> None:
    changed = attrs.evolve(
        day,
        exchanges=tuple(
            attrs.evolve(each, raw=False, answer_body=b" " + (each.answer_body or b"")) for each in day.exchanges
        ),
    )
    (note,) = judge(as_traffic(changed), app_key=APP_KEY)
    assert (note.kind, note.grade, note.count) == ("signature-unjudged", "note", len(day.exchanges))
    assert "bytes" in note.says


def test_without_a_key_signatures_are_not_judged_which_is_said_once(day: Observed) -> None:
    (note,) = judge(as_traffic(day), app_key=None)
    assert (note.kind, note.grade, note.seen) == ("signature-unjudged", "note", {"reason": "no AppKey was given"})


@pytest.mark.parametrize("mask", ["***", "[masked]", "REDACTED", "********"])
def test_masked_headers_are_noted_and_not_judged(day: Observed, mask: str) -> None:
    changed = attrs.evolve(
        day,
        exchanges=tuple(with_headers(each, x_sign=mask, x_appid=mask) for each in day.exchanges),
        deliveries=tuple(with_headers(each, x_sign=mask, x_appid=mask) for each in day.deliveries),
    )
    assert [(each.kind, each.grade) for each in judge(as_traffic(changed), app_key=APP_KEY)] == [
        ("signature-unjudged", "note")
    ]


def test_a_recording_without_headers_is_judged_by_what_it_has(day: Observed) -> None:
    changed = attrs.evolve(
        day,
        exchanges=tuple(attrs.evolve(each, request_headers=(), answer_headers=()) for each in day.exchanges),
        deliveries=tuple(attrs.evolve(each, headers=()) for each in day.deliveries),
        app_id=None,
    )
    new = saying_unsigned(changed.exchanges[0])
    assert [each.kind for each in judge(as_traffic(with_changed(changed, new)), app_key=APP_KEY)] == [
        "field-added",
        "signature-unjudged",
    ]


def saying_unsigned(exchange: Exchange) -> Exchange:
    envelope = json.loads(exchange.answer_body or b"")
    envelope["data"][0]["risk_level"] = "low"
    return attrs.evolve(exchange, answer_body=json.dumps(envelope).encode())


def test_an_answer_without_a_signature_is_told_and_its_word_is_not_taken(day: Observed) -> None:
    answer = saying(first(day, "order.detail"), lambda envelope: envelope["data"].update(risk_level="low"))
    assert kinds(with_changed(day, with_headers(answer, x_sign=None))) == [
        ("header-missing", "header.x-sign", (f"x{answer.number}",))
    ]


def test_either_of_two_keys_is_right(day: Observed) -> None:
    assert kinds(day, app_key=[AppKey("another"), APP_KEY]) == []
    assert [kind for kind, *_ in kinds(day, app_key=AppKey("another"))] == ["signature-wrong"]


def test_a_proxy_that_answers_is_not_halopay(day: Observed) -> None:
    answer = first(day, "order.detail")
    page = attrs.evolve(answer, status=502, answer_body=b"<html>", answer_headers=(("Content-Type", "text/html"),))
    (found,) = judge(as_traffic(with_changed(day, page)), app_key=APP_KEY)
    assert (found.kind, found.seen) == ("not-an-answer", {"status": 502, "content": "text/html"})


def test_headers_that_stand_in_between_writes_are_not_halopays(day: Observed) -> None:
    answer = first(day, "order.detail")
    lines = (("X-Frame-Options", "DENY"), ("X-Cache", "MISS"), ("Date", "today"), ("Server", "nginx"), ("Via", "1.1 x"))
    assert kinds(with_changed(day, attrs.evolve(answer, answer_headers=answer.answer_headers + lines))) == []


def test_a_path_that_the_spec_does_not_have_is_told_where_the_answer_is_signed(day: Observed) -> None:
    answer = attrs.evolve(first(day, "order.detail"), operation=None, url="https://api.pay.halochat.io/api/order/list")
    (found,) = judge(as_traffic(with_changed(day, answer)), app_key=APP_KEY)
    assert (found.kind, found.seen) == ("path-unknown", {"path": "/api/order/list"})
    unsigned = attrs.evolve(answer, answer_headers=())
    assert kinds(with_changed(day, unsigned)) == []


def test_what_is_no_json_and_signed_is_told(day: Observed) -> None:
    answer, event = first(day, "order.detail"), day.deliveries[0]
    assert [kind for kind, *_ in kinds(with_changed(day, signed_anew(answer, b"OK")))] == ["envelope-malformed"]
    assert [kind for kind, *_ in kinds(with_changed(day, signed_anew(event, b"[]")))] == ["envelope-malformed"]


@pytest.mark.parametrize("seed", range(6))
def test_nothing_that_anybody_sends_makes_the_judge_fail(day: Observed, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(100):
        exchanges = [_garbled(each, chance) if chance.random() < 0.2 else each for each in day.exchanges]
        deliveries = [_garbled(each, chance) if chance.random() < 0.2 else each for each in day.deliveries]
        for finding in judge(
            attrs.evolve(day, exchanges=tuple(exchanges), deliveries=tuple(deliveries)), app_key=APP_KEY
        ):
            json.dumps(dict(finding.seen))
            assert finding.id.startswith(f"{finding.kind} {finding.place}")


def _garbled(message: Exchange | Delivery, chance: random.Random) -> Any:
    """Return a message that says anything at all, rightly signed more often than not."""
    body = (message.answer_body if isinstance(message, Exchange) else message.body) or b"{}"
    found = json.loads(body)
    target = found.get("data", found)
    target = target[0] if isinstance(target, list) else target
    for _ in range(chance.randrange(1, 4)):
        target[chance.choice([*target, "details", "data", "", "\u00e9" * 50])] = chance.choice(JUNK)
    garbled = signed_anew(message, json.dumps(chance.choice([found, found, found, *JUNK])).encode())
    if chance.random() < 0.3:
        name = chance.choice(["x_timestamp", "x_sign", "x_appid", "content_type"])
        garbled = with_headers(garbled, **{name: chance.choice(["", "9" * 4000, "\u0661" * 10, "sha256=", None, "-1"])})
    return attrs.evolve(garbled, at=chance.choice([message.at, None, float("nan"), float("inf"), -1.0]))


JUNK: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    10**60,
    "",
    "15,0",
    "PAID",
    "\x00",
    [],
    [[]],
    {},
    {"a": {"b": [None]}},
    ["x"],
    "{}",
]
