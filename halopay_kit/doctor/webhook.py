"""What a receiver does with a genuine webhook, a doubled, a forged and a stale one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from halopay_api.policy import ACKNOWLEDGEMENT
from halopay_kit.doctor.check import Check, failed, passed, skipped
from halopay_kit.doctor.probe import PREFIX, Kind, Probe, Reply
from halopay_kit.errors import HaloPayError, TransportError

NAMES: Final = (
    "webhook-reachable",
    "webhook-success",
    "webhook-forged",
    "webhook-stale",
    "webhook-once",
    "webhook-kept",
)
_FORGED: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        "another key": "signed with another key",
        "unsigned": "without a signature",
        "altered": "altered after it was signed",
    }
)
_SLOW = 5.0  # seconds

_VERIFY = "Verify raw bytes and headers before anything else: halopay_kit.webhooks.verify, or a receiver of the kit."
_PLAIN = f"Answer HTTP 200 with the seven letters {ACKNOWLEDGEMENT} as text/plain: no quotes, no JSON, no line's end."
_KEEP = "Commit it to a database before Success is answered, as `halopay receive --inbox URL` does."
_LOOK_INTO = "Give --inbox URL, of the store that this receiver writes to."


class Seen(NamedTuple):
    """How often an order is in the inbox."""

    events: int
    deliveries: int


LookUp = Callable[[str], Seen]
"""Return how often an out_trade_no is in the inbox, by a connection that was made for the question."""


def examine(probe: Probe, look_up: LookUp | None) -> Iterator[Check]:
    """Send webhooks one after the other, and yield what is to be said of the receiver."""
    at = int(probe.clock())
    try:
        first = probe.send("genuine", at=at)
    except TransportError as error:
        yield failed("webhook-reachable", f"{error.problem}", "Check --webhook-url, and that the receiver runs.")
        yield from (skipped(name, "the receiver was not reached") for name in NAMES[1:])
        return
    yield passed("webhook-reachable", f"answered after {first.seconds:.1f} s; whether HaloPay reaches it is its view")
    yield _success(first)
    seen = _seen(look_up, probe.number("genuine"))
    yield _forged(probe, first, look_up)
    yield _stale(probe, first, look_up)
    yield _once(probe, at, first, look_up)
    yield _kept(first, seen)


def _success(reply: Reply) -> Check:
    if reply.acknowledged:
        slow = (
            f"; that took {reply.seconds:.0f} s, and how long HaloPay waits is not known"
            if reply.seconds > _SLOW
            else ""
        )
        return passed("webhook-success", f"{reply}{slow}")
    return failed("webhook-success", f"{reply}{_how(reply)}: HaloPay would send it again for a day", _PLAIN)


def _how(reply: Reply) -> str:
    """Say in what an answer differs from the one that is right."""
    text = reply.body.decode("utf-8", "replace")
    wanted = ACKNOWLEDGEMENT
    if 300 <= reply.status < 400:
        return ", a redirect, which is not followed"
    if not 200 <= reply.status < 300:
        return ""
    if text.strip() == wanted:
        return ", with white space around it"
    if text.strip().strip("\"'") == wanted:
        return ", with quotes around it"
    if text.strip().lower() == wanted.lower():
        return ", in other letters"
    try:
        return ", JSON" if isinstance(json.loads(text), dict | list) else ""
    except ValueError:
        return ", HTML" if text.lstrip().startswith("<") else ""


def _forged(probe: Probe, genuine: Reply, look_up: LookUp | None) -> Check:
    accepted, answers = [], []
    for kind, words in _FORGED.items():
        problem, said = _refusal(probe, kind, genuine, look_up)
        answers.append(said)
        if problem:
            accepted.append(f"one {words} {problem}")
    if accepted:
        return failed("webhook-forged", "; ".join(accepted), _VERIFY)
    return passed("webhook-forged", f"three kinds were refused: {', '.join(dict.fromkeys(answers))}")


def _stale(probe: Probe, genuine: Reply, look_up: LookUp | None) -> Check:
    problem, said = _refusal(probe, "stale", genuine, look_up)
    if problem:
        return failed(
            "webhook-stale",
            f"one signed two days ago {problem}",
            "Refuse a timestamp older than HaloPay's last retry, as webhooks.verify does: it may be replayed.",
        )
    return passed("webhook-stale", f"one signed two days ago was refused: {said}")


def _refusal(probe: Probe, kind: Kind, genuine: Reply, look_up: LookUp | None) -> tuple[str | None, str]:
    """Send what is to be refused; return what is wrong about the answer, and the answer."""
    try:
        reply = probe.send(kind)
    except TransportError as error:
        return None, error.problem
    seen = _seen(look_up, probe.number(kind))
    if isinstance(seen, Seen) and seen.events:
        return f"was answered {reply} and is in the inbox", str(reply)
    if 200 <= reply.status < 300 and (reply.acknowledged or reply.body == genuine.body):
        return f"was answered {reply}, as a genuine one is", str(reply)
    return None, str(reply)


def _once(probe: Probe, at: int, first: Reply, look_up: LookUp | None) -> Check:
    try:
        replies = [probe.send("genuine", at=at), probe.again(at)]
    except TransportError as error:
        return failed("webhook-once", f"when it came again: {error.problem}", "Take what is known already as done.")
    if first.acknowledged and not all(reply.acknowledged for reply in replies):
        wrong = next(reply for reply in replies if not reply.acknowledged)
        return failed(
            "webhook-once", f"when it came again it was answered {wrong}", f"Answer {ACKNOWLEDGEMENT} to what is known."
        )
    seen = _seen(look_up, probe.number("genuine"))
    if seen is None:
        same = "taken each time it came" if first.acknowledged else "answered alike each time it came"
        return skipped("webhook-once", f"{same}; whether it counted once cannot be seen from outside", _LOOK_INTO)
    if isinstance(seen, HaloPayError):
        return skipped("webhook-once", f"the inbox cannot be looked into: {seen.problem}", seen.advice)
    if not seen.events:
        return skipped("webhook-once", "it is not in the inbox at all", _LOOK_INTO)
    if seen.events > 1:
        return failed(
            "webhook-once", f"it came three times and is {seen.events} events in the inbox",
            "Tell duplicates by the signed body, and not by time, headers or a number of your own.",
        )  # fmt: skip
    return passed("webhook-once", f"it came three times and is one event of {seen.deliveries} deliveries")


def _kept(first: Reply, seen: Seen | HaloPayError | None) -> Check:
    if seen is None:
        return skipped("webhook-kept", "what the receiver keeps cannot be seen from outside", _LOOK_INTO)
    if isinstance(seen, HaloPayError):
        return skipped("webhook-kept", f"the inbox cannot be looked into: {seen.problem}", seen.advice)
    if seen.events:
        return passed("webhook-kept", "it was in the inbox's database as soon as it was answered")
    if not first.acknowledged:
        return skipped("webhook-kept", f"it was not answered with {ACKNOWLEDGEMENT}, and is not in the inbox")
    return failed(
        "webhook-kept",
        f"{ACKNOWLEDGEMENT} was answered and it is not in the inbox: what the receiver keeps elsewhere, it may forget",
        f"{_KEEP} If it writes to another inbox, give that one.",
    )


def _seen(look_up: LookUp | None, number: str) -> Seen | HaloPayError | None:
    if look_up is None:
        return None
    try:
        return look_up(number)
    except HaloPayError as error:
        return error


def said(url: str) -> tuple[str, ...]:
    """Return what will be sent to a receiver, line by line, to be agreed to."""
    return (
        f"{url} is not this machine's. It will be sent 7 signed or forged test events of orders named {PREFIX}…,",
        "status TIME-OUT, 0 collected. Nothing is paid by them; the genuine one will be in its inbox afterwards, where",
        "sweeps ask for it in vain during two days.",
    )
