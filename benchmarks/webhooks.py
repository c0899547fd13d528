"""CPU of one webhook: verified and, by most, parsed."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from functools import partial

from benchmarks.measure import Row, cpu_cases, interleave, ratios
from benchmarks.messages import (
    APP_ID,
    APP_KEY,
    STANDARD_KEY,
    STRIPE_KEY,
    WEBHOOK_SIZE,
    halopay_webhook,
    standard_webhook,
    stripe_webhook,
)
from benchmarks.variants import Variant

SCALE = "us"
ROUNDS, QUICK_ROUNDS = 150, 30
CALLS = 200
WHAT = f"""\
webhooks: CPU per webhook of {WEBHOOK_SIZE} bytes, each genuine in its own scheme and fresh by the clock.
hmac.digest only computes the signature. svix verifies and does not parse, standardwebhooks verifies and returns a
dict, stripe an object of nested dicts, halopay-kit typed values with exact decimals."""

REFERENCE = "hmac.digest"
ORJSON, STDLIB = "halopay-kit, orjson", "halopay-kit, standard library alone"
TARGETS = {ORJSON: 7.0}

Call = Callable[[], object]
_clock = time.time  # noqa: TID251  # as whoever receives a webhook does; the peers read it by themselves


def measure(rounds: int) -> list[Row]:
    """Sign a message for each scheme, measure who verifies it."""
    now = int(_clock())
    peers: dict[str, Callable[[], Call]] = {
        REFERENCE: partial(_digest, now),
        ORJSON: partial(_halopay_kit, now),
        STDLIB: partial(_halopay_kit, now),
        "standardwebhooks": partial(_standardwebhooks, now),
        "svix, verify only": partial(_svix, now),
        "stripe construct_event": partial(_stripe, now),
    }
    around = {ORJSON: Variant(orjson=True).active, STDLIB: Variant(orjson=False).active}
    cases = cpu_cases(peers, CALLS, around)
    return ratios(cases, interleave(cases, rounds), REFERENCE, TARGETS)


def _digest(now: int) -> Call:
    key, content = APP_KEY.encode(), halopay_webhook(now)[0] + str(now).encode()
    return lambda: hmac.digest(key, content, "sha256")


def _halopay_kit(now: int) -> Call:
    from halopay_kit import AppKey, webhooks

    body, headers = halopay_webhook(now)
    verify, key = webhooks.verify, AppKey(APP_KEY)
    return lambda: verify(body, headers, app_key=key, now=_clock(), app_id=APP_ID)


def _standardwebhooks(now: int) -> Call:
    from standardwebhooks import Webhook

    verify, (body, headers) = Webhook(STANDARD_KEY).verify, standard_webhook(now)
    return lambda: verify(body, headers)


def _svix(now: int) -> Call:
    from svix.webhooks import Webhook

    verify, (body, headers) = Webhook(STANDARD_KEY).verify, standard_webhook(now)
    return lambda: verify(body, headers)


def _stripe(now: int) -> Call:
    import stripe

    stripe.enable_telemetry = False
    construct, (body, header) = stripe.Webhook.construct_event, stripe_webhook(now)
    return lambda: construct(body, header, APP_KEY, api_key=STRIPE_KEY)
