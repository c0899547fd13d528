"""How to see a finding again: a command line without secrets."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from halopay_api import codec
from halopay_api.operations import OPERATIONS
from halopay_kit.contract.exchange import Exchange, Observed
from halopay_kit.contract.parsed import parsed
from halopay_kit.contract.probes import SEALED

if TYPE_CHECKING:
    from halopay_kit.contract.finding import Finding

_SEALED = frozenset(row.why for row in SEALED)
_OURS = frozenset({"callback_url"})  # it leads to a receiver that is no more
_LONGEST = 200  # characters of a body that are shown


def commands(observed: Observed, findings: Iterable[Finding], rerun: str) -> dict[str, str]:
    """Return a command for each finding that has evidence; `rerun` is the one that makes the whole run again."""
    seen = {exchange.ref: exchange for exchange in observed.exchanges}
    found = {}
    for finding in findings:
        exchanges = [seen[name] for name in finding.evidence if name in seen]
        if exchanges:
            shortest = min(exchanges, key=lambda exchange: len(exchange.request_body or b""))
            found[finding.id] = command(shortest, observed, rerun)
        elif finding.evidence:
            found[finding.id] = rerun
    return found


def command(exchange: Exchange, observed: Observed, rerun: str) -> str:
    """Return the call that makes this exchange again, or what does where `halopay call` cannot."""
    fields = _fields(exchange)
    if fields is None or exchange.operation is None or (exchange.expects and exchange.expects.why in _SEALED):
        return _told(exchange, rerun)
    operation = OPERATIONS[exchange.operation]
    secret = {field.name for field in operation.fields if field.secret} | _OURS
    try:
        codec.encode(operation, fields)
    except codec.EncodeError:
        return _told(exchange, rerun)
    if operation.effect != "read" and "out_trade_no" in fields:
        fields = {**fields, "out_trade_no": f"{fields['out_trade_no']}-again"}  # the number itself is taken by now
    pairs = [f"{name}={value}" for name, value in fields.items() if name not in secret]
    elsewhere = observed.target.startswith("http")
    where = ["--base-url", observed.target] if elsewhere else []
    call = shlex.join(["halopay", "call", exchange.operation, *pairs, *where])
    return call if elsewhere else f"{call}  # at a sandbox; as it was: {rerun}"


def _told(exchange: Exchange, rerun: str) -> str:
    """Say what was sent that the kit itself would not send."""
    why = exchange.expects.why if exchange.expects else "a call that is not right"
    body = (exchange.request_body or b"").decode("utf-8", "backslashreplace")
    shown = "" if "google_code" in body else body[:_LONGEST] + ("…" if len(body) > _LONGEST else "")
    text = "".join(character if character.isprintable() else "?" for character in shown)
    return f"{rerun}  # {why}; `halopay call` does not send it: {exchange.operation or exchange.url} {text}".rstrip()


def _fields(exchange: Exchange) -> Mapping[str, Any] | None:
    found = parsed(exchange.request_body)
    return found if isinstance(found, dict) and all(type(value) in (str, int) for value in found.values()) else None
