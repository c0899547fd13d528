"""What a run says about HaloPay's contradictions: one row for each entry of the ledger that a probe can settle.

The ids are those of spec/contradictions.yaml; what cannot be probed at all has no row.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

import attrs

from halopay_api.operations import OPERATIONS
from halopay_kit.contract.envelope import code, envelope
from halopay_kit.contract.exchange import Delivery, Exchange, Observed, header_of
from halopay_kit.contract.parsed import fields_of
from halopay_kit.contract.result import Settled, Verdict
from halopay_kit.signing import AppKey

Keys = Sequence[AppKey]
Said = tuple[Settled, str, tuple[str, ...]]

_SIGN_ERROR = 10008
_NO_WEBHOOK = "no webhook was seen"
_APART = 2.0  # seconds
_FEW = 5  # how much evidence is named


@attrs.frozen
class Entry:
    """One entry; `judge` says what the evidence tells."""

    id: str
    subject: str
    judge: Callable[[Observed, Keys], Said]


def verdicts(observed: Observed, keys: Keys = ()) -> tuple[Verdict, ...]:
    """Return what was learned about each entry, or why nothing was."""
    found = []
    for entry in ENTRIES:
        settled, says, evidence = entry.judge(observed, keys)
        found.append(
            Verdict(entry=entry.id, subject=entry.subject, settled=settled, says=says, evidence=evidence[:_FEW])
        )
    return tuple(found)


def _signature(observed: Observed, keys: Keys) -> Said:
    probed = [each for each in observed.exchanges if _probes(each, "signature-content")]
    as_prose = [each for each in probed if each.status == 200]
    taken = [each for each in as_prose if code(each) == 0]
    refused = [each for each in as_prose if code(each) == _SIGN_ERROR]
    readings = {
        reading: [each for each in observed.exchanges if _signed(each, keys, prose=reading == "prose")]
        for reading in ("samples", "prose")
    }
    sentences = []
    if taken:
        sentences.append("calls signed as the prose says are answered with data")
    if refused:
        sentences.append("calls signed as the prose says are answered with 10008")
    for reading, exchanges in readings.items():
        if exchanges:
            sentences.append(f"{len(exchanges)} answers are signed as the {reading} {_SAY[reading]}")
    evidence = _names((*taken, *refused, *readings["samples"], *readings["prose"]))
    prose, samples = bool(taken or readings["prose"]), bool(refused or readings["samples"])
    if prose and samples:
        return "open", f"both readings are met: {'; '.join(sentences)}", evidence
    if prose or samples:
        holds = "the prose holds" if prose else "the samples hold"
        return "settled", f"{holds}: {'; '.join(sentences)}", evidence
    return "not reachable", "no answer verifies in either reading", ()


def _retries(observed: Observed, _keys: Keys) -> Said:
    tried = _attempts(observed.deliveries)
    many = [attempts for attempts in tried if _apart(attempts)]
    if not tried:
        return "not reachable", _NO_WEBHOOK, ()
    if not many:
        return "not reachable", "no webhook was tried twice, some time apart", ()
    anew = [each for each in many if len({header_of(one.headers, "x-timestamp") for one in each}) > 1]
    evidence = _names(itertools.chain.from_iterable(many))
    if len(anew) == len(many):
        return "settled", "a retry is signed afresh: its X-Timestamp is its own", evidence
    if anew:
        return "open", f"{len(anew)} of {len(many)} retried deliveries carry more than one X-Timestamp", evidence
    return "settled", "a retry repeats the first attempt's X-Timestamp and signature: two minutes do not hold", evidence


def _event_type(observed: Observed, _keys: Keys) -> Said:
    pairs: dict[tuple[str, str], Delivery] = {}
    for delivery in observed.deliveries:
        status = fields_of(delivery.body).get("status")
        header = header_of(delivery.headers, "x-eventtype")
        if isinstance(status, str) and (status in _STATUSES or header is None):
            shown = "no header" if header is None else header if header.lower() == status.lower() else "another value"
            pairs.setdefault((status if status in _STATUSES else "a status", shown), delivery)
    if not pairs:
        return "not reachable", _NO_WEBHOOK, ()
    told = ", ".join(f"{shown} for {status}" for status, shown in sorted(pairs))
    return "settled", f"X-EventType says {told}", _names(pairs.values())


def _encrypted(observed: Observed, _keys: Keys) -> Said:
    if not observed.deliveries:
        return "not reachable", _NO_WEBHOOK, ()
    readable = [each for each in observed.deliveries if fields_of(each.body)]
    signed = [each for each in readable if header_of(each.headers, "x-sign")]
    if len(signed) == len(observed.deliveries):
        return "settled", "webhooks are signed, and their bodies can be read by anybody", _names(signed)
    if not readable:
        return "settled", "the bodies of webhooks are no JSON: they may well be encrypted", _names(observed.deliveries)
    return "open", f"{len(signed)} of {len(observed.deliveries)} webhooks are signed and readable", _names(signed)


def _expiry(observed: Observed, _keys: Keys) -> Said:
    probed = [each for each in observed.exchanges if _probes(each, "expiry")]
    if not probed:
        return "not reachable", _why(observed, "entrust.pre_create", "no hosted order with an expiry was created"), ()
    said = []
    for exchange in probed:
        sent = fields_of(exchange.request_body).get("time_expire")
        data = envelope(exchange).get("data")
        got = data.get("time_expire") if isinstance(data, dict) else None
        kind = "a string" if isinstance(sent, str) else "an integer"
        if code(exchange) != 0:
            said.append(f"{kind} is refused with {code(exchange)}")
        elif str(sent) == str(got):
            said.append(f"{kind} of absolute seconds is taken")
        else:
            said.append(f"{kind} is taken for another time")
    return "settled", " and ".join(dict.fromkeys(said)), _names(probed)


def _fiats(observed: Observed, _keys: Keys) -> Said:
    asked_for = [each for each in observed.exchanges if _probes(each, "fiat-count")]
    probed = {fields_of(each.request_body).get("fiat_name"): each for each in asked_for}
    listed = next(field for field in OPERATIONS["order.create"].fields if field.name == "fiat_name").values
    asked = [name for name in listed if name in probed]
    if len(asked) < len(listed):
        reason = _why(observed, "order.exchange_rates", f"{len(asked)} of {len(listed)} fiats were asked for")
        return "not reachable", reason, ()
    refused = [name for name in asked if code(probed[name]) in {10003, 20003}]
    if any(code(probed[name]) not in {0, 10003, 20003} for name in asked):
        return "open", "some answers say neither", _names(probed.values())
    not_taken = f", not {', '.join(map(str, refused))}" if refused else ""
    return (
        "settled",
        f"{len(asked) - len(refused)} of the {len(asked)} fiats are taken{not_taken}",
        _names(probed.values()),
    )


ENTRIES: tuple[Entry, ...] = (
    Entry("signature-content", "What is signed", _signature),
    Entry("timestamp-against-retries", "How long a webhook's signature is valid", _retries),
    Entry("event-type-case", "X-EventType and status", _event_type),
    Entry("encrypted-or-signed", "What protects a webhook", _encrypted),
    Entry("expiry", "Name, type and meaning of an order's expiry", _expiry),
    Entry("fiat-count", "How many fiats there are", _fiats),
)

_SAY = {"samples": "do it", "prose": "says"}
_STATUSES = frozenset({"TO-BE-PAID", "PAID", "TIME-OUT", "FAIL"})


def _probes(exchange: Exchange, entry: str) -> bool:
    return exchange.expects is not None and exchange.expects.probe == entry


def _why(observed: Observed, operation: str, otherwise: str) -> str:
    return observed.unreached.get(operation, otherwise)


def _signed(exchange: Exchange, keys: Keys, *, prose: bool) -> bool:
    """Say whether the answer is signed in that reading; never where the recorder wrote its bytes anew."""
    body, timestamp = exchange.answer_body, header_of(exchange.answer_headers, "x-timestamp")
    signature = header_of(exchange.answer_headers, "x-sign")
    if not exchange.raw or body is None or timestamp is None or signature is None:
        return False
    content = body + timestamp.encode("latin-1", "replace")
    return any((key.digest_as_prose if prose else key.digest)(content).hex() == signature for key in keys)


def _attempts(deliveries: Iterable[Delivery]) -> list[list[Delivery]]:
    found: dict[object, list[Delivery]] = {}
    for delivery in deliveries:
        found.setdefault(delivery.delivery or delivery.body, []).append(delivery)
    return list(found.values())


def _apart(attempts: Sequence[Delivery]) -> bool:
    """Say whether there is so much time between attempts that a timestamp made anew shows it."""
    times = [each.at for each in attempts if each.at is not None]
    return bool(times) and max(times) - min(times) >= _APART


def _names(seen: Iterable[Exchange | Delivery]) -> tuple[str, ...]:
    return tuple(itertools.islice(dict.fromkeys(each.ref for each in seen), _FEW))
