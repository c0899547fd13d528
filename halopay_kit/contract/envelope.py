"""What an answer says, as far as it can be read, verified or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halopay_api.policy import RESULT_CODES
from halopay_kit.contract.exchange import Exchange
from halopay_kit.contract.parsed import fields_of


def envelope(exchange: Exchange) -> Mapping[str, Any]:
    """Return the answer's object; nothing where it is none."""
    return fields_of(exchange.answer_body)


def code(exchange: Exchange) -> int | None:
    """Return the answer's code, where it is a number."""
    found = envelope(exchange).get("code")
    return found if type(found) is int else None


def done(exchange: Exchange) -> bool:
    """Say whether the call may have been done: an answer came that is no refusal by a code of the spec."""
    return exchange.status == 200 and (code(exchange) or 0) not in RESULT_CODES.keys() - {0}
