"""The ASGI application, called by hand: what it answers, what it stores, how far it reads."""

from __future__ import annotations

import asyncio

import pytest

from halopay_kit.errors import ConfigurationError
from halopay_kit.inbox import Inbox
from halopay_kit.receiver import Metrics, asgi
from tests.receiver.wire import APP_ID, KEY, NOW, Call, headers, payment
from tests.receiver.wire import signature as signature_of

BODY = payment()


def called(app, *parts, **options):
    call = Call(*(parts or (BODY,)), **options)
    asyncio.run(call.to(app))
    return call


def test_an_event_is_stored_and_then_acknowledged(receiving, inbox):
    call = called(receiving())
    assert call.answer == (200, b"Success")
    assert call.headers == {b"content-type": b"text/plain; charset=utf-8", b"content-length": b"7"}
    (event,) = inbox.events()
    assert (event.body, event.app_id, event.trade_no, event.origin) == (BODY, APP_ID, "T1", "webhook")
    assert event.received_at == NOW


def test_the_same_event_again_is_another_delivery_of_it(receiving, inbox):
    app = receiving()
    assert [called(app).answer for _ in range(3)] == [(200, b"Success")] * 3
    (event,) = inbox.events()
    assert len(inbox.deliveries(event.id)) == 3
    assert app.metrics.deliveries == 3
    assert app.metrics.events.total() == 1


def test_an_event_of_an_unknown_type_is_acknowledged_and_no_event(receiving, inbox):
    assert called(receiving(), payment(type="REFUND")).answer == (200, b"Success")
    assert inbox.events() == []


@pytest.mark.parametrize(
    ("body", "sent", "answer"),
    [
        (BODY, [], (401, b"unsigned\n")),
        (BODY, headers(BODY, key="another"), (401, b"mismatch\n")),
        (BODY, headers(BODY, at=NOW - 90_000), (401, b"stale\n")),
        (BODY, headers(BODY, app_id="another"), (401, b"other-app\n")),
        (b"[]", None, (400, b"malformed\n")),
        (b"", None, (400, b"malformed\n")),
        (payment(amount=5), None, (400, b"off-spec\n")),
    ],
)
def test_what_is_not_believed_is_refused_in_one_word_and_counted(receiving, inbox, body, sent, answer):
    app = receiving()
    assert called(app, body, more=sent).answer == answer
    app.close()
    assert inbox.events() == []
    reason = answer[1].decode().strip()
    assert app.metrics.requests[reason] == 1
    assert inbox.stats().rejected == {reason: 1}


def test_a_body_in_pieces_is_one_body(receiving):
    assert called(receiving(), BODY[:5], BODY[5:300], b"", BODY[300:]).answer == (200, b"Success")


def test_a_body_that_is_said_to_be_too_large_is_not_read(receiving):
    call = called(receiving(limit=100), more=[(b"content-length", b"101")])
    assert call.answer == (413, b"too-large\n")
    assert call.asked == 0


def test_a_body_that_turns_out_too_large_is_not_read_to_its_end(receiving):
    call = called(receiving(limit=100), *[b"x" * 60] * 5, more=[(b"transfer-encoding", b"chunked")])
    assert call.answer == (413, b"too-large\n")
    assert call.asked == 2


def test_the_limit_itself_is_not_too_large(receiving):
    assert called(receiving(limit=len(BODY))).answer == (200, b"Success")
    assert called(receiving(limit=len(BODY) - 1)).answer == (413, b"too-large\n")


@pytest.mark.parametrize("length", [b"", b"-1", b"+5", b"1_0", b"0x5", b"5, 5", b"\xd9\xa5", b"9" * 5000])
def test_a_content_length_that_is_none_is_refused(receiving, length):
    call = called(receiving(), more=[*headers(BODY), (b"content-length", length)])
    assert call.answer[0] in (400, 413)
    assert call.asked == 0


def test_a_body_that_does_not_come_to_its_end_is_given_up(receiving, inbox):
    call = Call(BODY[:10], more=headers(BODY))
    call.parts.append(b"")
    call.receive = _first_then_nothing(BODY[:10])
    asyncio.run(call.to(receiving(timeout=0.05)))
    assert call.answer == (408, b"too-slow\n")
    assert call.headers[b"connection"] == b"close"
    assert inbox.events() == []


def _first_then_nothing(part):
    parts = [part]

    async def receive():
        if parts:
            return {"type": "http.request", "body": parts.pop(), "more_body": True}
        return await asyncio.Event().wait()

    return receive


def test_a_sender_who_hangs_up_leaves_nothing(receiving, inbox):
    app = receiving()
    called(app, BODY[:10], None)
    called(app, None)
    assert app.metrics.requests["gone"] == 2
    assert inbox.events() == []


def test_somebody_else_may_cancel_a_request(receiving):
    async def cancelled():
        call = Call(more=headers(BODY))
        task = asyncio.ensure_future(call.to(receiving(timeout=60)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert call.sent == []

    asyncio.run(cancelled())


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS", "DELETE", "BREW"])
def test_anything_but_post_is_told_so(receiving, method):
    call = called(receiving(), method=method)
    assert call.answer == (405, b"" if method == "HEAD" else b"not-post\n")
    assert call.headers[b"allow"] == b"POST"


def test_a_path_is_looked_at_below_the_mount(receiving):
    app = receiving(path="/in")
    assert called(app, path="/in").answer[0] == 200
    assert called(app, path="/shop/in", root="/shop").answer[0] == 200
    assert called(app, path="/shop/in").answer == (404, b"elsewhere\n")
    assert called(app, path="/in/").answer[0] == 404


def test_the_lifespan_is_understood(receiving, inbox):
    async def lived():
        app, told = receiving(), []
        phases = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive():
            return {"type": next(phases)}

        async def send(message):
            told.append(message["type"])

        await Call(BODY, more=[]).to(app)
        await app({"type": "lifespan"}, receive, send)
        return told

    assert asyncio.run(lived()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert inbox.stats().rejected == {"unsigned": 1}


def test_a_websocket_is_closed(receiving):
    async def opened():
        told = []

        async def receive():
            return {"type": "websocket.connect"}

        async def send(message):
            told.append(message)

        await receiving()({"type": "websocket"}, receive, send)
        return told

    assert asyncio.run(opened()) == [{"type": "websocket.close", "code": 1000}]


def test_one_receiver_serves_several_event_loops(receiving, inbox):
    app = receiving()
    for number in range(3):
        assert called(app, payment(number)).answer[0] == 200
    assert len(inbox.events()) == 3


def test_a_receiver_goes_on_after_it_was_closed(receiving, inbox):
    app = receiving()
    for number in range(2):
        assert called(app, payment(number)).answer[0] == 200
        app.close()
    assert len(inbox.events()) == 2


ODD = {
    "a NUL": {"out_trade_no": "a\x00b", "trade_no": "\x00", "txid": "\x00"},
    "a NUL in a status": {"status": "PAID\x00"},
    "no text": {"out_trade_no": "", "trade_no": "", "txid": ""},
    "long": {"out_trade_no": "x" * 20_000, "trade_no": "y" * 20_000},
    "every plane": {"out_trade_no": "\U0010ffff\u202e💰", "status": "💰"},
    "a time beyond 64 bits": {"time": 10**40, "chain_id": -(10**40), "currency_id": 2**63},
    "sixty digits": {"amount_collected": "9" * 60 + "." + "9" * 60, "amount": "-0.0"},
    "of no number": {"trade_no": None},
    "an unknown status": {"status": "REFUNDED"},
    "unknown fields": {"memo": {"a": [1, 2.5e300, None, "\x00"]}},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_what_is_signed_and_odd_is_stored_or_malformed_and_never_a_failure(store_url, receiving, odd):
    with Inbox(store_url, clock=lambda: NOW) as inbox:
        app = receiving(into=inbox)
        status = called(app, payment(1, **odd)).answer[0]
        assert status in (200, 400)
        assert called(app, payment(2)).answer == (200, b"Success")
        app.close()
        assert len(inbox.events()) == (2 if status == 200 else 1)


@pytest.mark.parametrize("value", [b"\x00", b"\xff" * 5000, b"a\r\nb", "💰".encode()])
def test_no_header_keeps_an_event_from_being_stored(store_url, receiving, value):
    with Inbox(store_url, clock=lambda: NOW) as inbox:
        app = receiving(into=inbox)
        more = [*headers(BODY), (b"x-odd", value), (value, b"x"), *[(b"x-many", b"y")] * 200]
        assert called(app, more=more).answer == (200, b"Success")
        app.close()


def test_what_is_kept_of_the_headers_holds_no_secret(receiving, inbox):
    more = [(b"authorization", b"Bearer planted"), (b"cookie", b"planted"), (b"x-note", b"caf\xe9")]
    called(receiving(), more=[*headers(BODY), *more])
    (event,) = inbox.events()
    (delivery,) = inbox.deliveries(event.id)
    kept = {name.lower(): value for name, value in delivery.headers}
    assert kept["x-eventtype"] == "Paid"
    assert "planted" not in str(kept)
    assert signature_of(BODY) not in str(kept)


@pytest.mark.parametrize(
    "option",
    [
        {"limit": 0},
        {"limit": True},
        {"limit": "1"},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"timeout": "1"},
        {"path": "webhooks"},
        {"path": 5},
        {"clock": NOW},
        {"app_id": APP_ID},
    ],
)
def test_an_option_that_cannot_be_right_is_refused(inbox, option):
    with pytest.raises(ConfigurationError):
        asgi(inbox, {APP_ID: KEY}, **option)


def test_metrics_of_several_receivers_can_be_one(receiving):
    metrics = Metrics()
    for app in (receiving(metrics=metrics), receiving(metrics=metrics)):
        called(app, more=[])
    assert metrics.requests["unsigned"] == 2
