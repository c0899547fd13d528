"""What the server tells beside webhooks: /healthz and /metrics."""

from __future__ import annotations

import asyncio

from halopay_kit.receiver import site as site_module
from halopay_kit.receiver.health import Health
from halopay_kit.receiver.site import Site
from tests.receiver.wire import Call


def asked(path, **options):
    return Call(b"", method="GET", path=path, more=[], **options)


def test_however_many_ask_for_the_health_at_once_each_is_answered():
    health = Health(lambda: None)

    async def on_one():
        async def ask():
            return [await health.is_good() for _ in range(200)]

        return await asyncio.gather(*[ask() for _ in range(8)])

    assert {good for each in asyncio.run(on_one()) for good in each} == {True}


def test_a_connection_that_is_closed_meanwhile_is_no_error(receiving):
    async def gone(_message):
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    async def ask():
        site = Site(receiving(), lambda: None)
        for path in ("/healthz", "/metrics", "/elsewhere"):
            call = asked(path)
            await site(call.scope, call.receive, gone)

    asyncio.run(ask())


def test_a_flood_for_the_metrics_makes_their_text_once_a_second(receiving, monkeypatch):
    made, now = [], [100.0]
    app = receiving()
    text = app.metrics.text
    monkeypatch.setattr(app.metrics, "text", lambda: made.append(1) or text())
    monkeypatch.setattr(site_module.time, "monotonic", lambda: now[0])
    site = Site(app, lambda: None)

    async def ask(times):
        return {await asked("/metrics").to(site) for _ in range(times)}

    assert len(asyncio.run(ask(50))) == 1
    assert len(made) == 1
    now[0] += 1.0
    asyncio.run(ask(50))
    assert len(made) == 2
