"""Genuine webhooks that are not what the spec says: refused, so that HaloPay sends them again, and kept."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from halopay_kit.errors import InboxUnavailable
from halopay_kit.inbox import Inbox
from halopay_kit.receiver import group_commit
from tests.conftest import guess
from tests.receiver.test_group_commit import wait_for
from tests.receiver.wire import APP_ID, NOW, Call, headers, payment, post, request, served

BODY = payment(1, amount=5)


def sent(app, body=BODY, **options):
    return asyncio.run(Call(body, **options).to(app))


def without(name):
    return json.dumps({key: value for key, value in json.loads(payment()).items() if key != name}).encode()


@guess("PaymentQrCodeEvent")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        (payment(currency_id=[75]), "currency_id"),
        (payment(time="1773471015"), "time"),
        (payment(amount_collected=5.5), "amount_collected"),
        (payment(status=None), "status"),
        (without("amount_collected"), "amount_collected: missing"),
    ],
)
def test_its_bytes_are_kept_with_the_reason_and_no_event_is_made(store_url, receiving, body, field, caplog):
    with Inbox(store_url, clock=lambda: NOW) as inbox:
        app = receiving(into=inbox)
        assert sent(app, body) == (400, b"off-spec\n")
        app.close()
        (kept,) = inbox.unknown()
        assert (kept.body, kept.app_id, kept.event_id, kept.received_at, kept.signed_at) == (
            body,
            APP_ID,
            None,
            NOW,
            NOW,
        )
        assert field in kept.problem
        assert inbox.events() == []
        assert inbox.stats().rejected == {"off-spec": 1}
        assert (app.metrics.requests["off-spec"], app.metrics.requests["malformed"]) == (1, 0)
    (line,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert field in line.getMessage()


def test_its_retries_do_not_pile_up_not_even_those_to_another_receiver(store_url, receiving, caplog):
    with Inbox(store_url, clock=lambda: NOW) as inbox:
        apps = [receiving(into=inbox) for _ in range(2)]
        for app in apps:
            for attempt in range(8):
                assert sent(app, more=headers(BODY, at=NOW - attempt))[0] == 400
            app.close()
        assert len(inbox.unknown()) == 1
        assert inbox.stats().rejected == {"off-spec": 16}
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 2


def test_a_forged_one_is_kept_nowhere(receiving, inbox):
    app = receiving()
    assert sent(app, more=headers(BODY, key="forged"))[0] == 401
    assert sent(app, b"[1]")[1] == b"malformed\n"
    app.close()
    assert inbox.unknown() == []


def test_neither_log_nor_reason_holds_a_key_that_stands_in_it(receiving, inbox, caplog):
    app = receiving({APP_ID: "plantedAppKey"})
    body = payment(amount_collected="plantedAppKey", plantedAppKey=1)[:-1] + b', "plantedAppKey": 2}'
    for each in (body, payment(amount_collected="plantedAppKey")):
        assert sent(app, each, more=headers(each, key="plantedAppKey"))[0] == 400
    app.close()
    assert len(inbox.unknown()) == 2
    assert "planted" not in caplog.text + str([each.problem for each in inbox.unknown()])


class Failing(Inbox):
    """An inbox that keeps nothing as long as it is told so."""

    fails = True

    def keep(self, deliveries):
        if self.fails:
            raise InboxUnavailable("the disk is full")
        return super().keep(deliveries)


def test_it_is_kept_later_where_the_store_fails_and_nothing_piles_up_meanwhile(tmp_path, receiving, monkeypatch):
    monkeypatch.setattr(group_commit, "_OFF_SPEC_AGAIN", 0.01)
    monkeypatch.setattr(group_commit, "_OFF_SPEC_AT_MOST", 3)
    with Failing(tmp_path / "i.sqlite", clock=lambda: NOW) as inbox:
        app = receiving(into=inbox)
        assert [sent(app, payment(number, amount=5))[0] for number in range(9)] == [400] * 9
        assert sent(app, payment(1)) == (200, b"Success")
        inbox.fails = False
        wait_for(lambda: inbox.unknown())
        app.close()
        assert 3 <= len(inbox.unknown()) < 9
        assert sent(app, payment(8, amount=5))[0] == 400  # it comes again
        app.close()
        assert payment(8, amount=5) in [each.body for each in inbox.unknown()]


def test_the_server_keeps_it_without_being_ended(receiving, inbox):
    with served(receiving()) as port:
        assert post(port, request(BODY)) == (400, b"off-spec\n")
        wait_for(lambda: inbox.unknown())
        assert post(port, request(payment(1))) == (200, b"Success")
