"""Requests that must not be believed, drawn from a seed; some are signed, with the right key, and still no event."""

from __future__ import annotations

import hmac
import http.client
import json
import random
import time
from collections.abc import Callable, Iterator

from tests.conftest import example
from tests.proofs.receiver import APP_ID, SECRET

Request = tuple[str, bytes, list[tuple[str, str]]]
Headers = list[tuple[str, str]]
_STRANGER = "anotherAppKeyThatIsNotOurs"
_EVENT = json.dumps(example("webhook.payment")["body"]).encode()


def requests(seed: int, now: int) -> Iterator[Request]:
    """Yield a name, a body and headers, without end."""
    chance = random.Random(seed)
    kinds = [*FORGED, *MALFORMED]
    while True:
        kind = chance.choice(kinds)
        body, headers = kind(chance, now)
        yield kind.__name__, body, headers


def genuine(now: int, body: bytes = _EVENT, key: str = SECRET) -> Headers:
    """Return the headers of a body that is signed."""
    made = _signature(body, now, key)
    return [("X-Appid", APP_ID), ("X-Timestamp", str(now)), ("X-Sign", made), ("X-EventType", "Paid")]


def _signature(body: bytes, now: int, key: str = SECRET) -> str:
    return hmac.digest(key.encode(), body + str(now).encode(), "sha256").hex()


def _put(headers: Headers, name: str, value: str) -> Headers:
    return [(key, value if key == name else text) for key, text in headers]


def flipped_body(chance: random.Random, now: int) -> tuple[bytes, Headers]:
    place = chance.randrange(len(_EVENT))
    other = bytes([_EVENT[place] ^ (1 << chance.randrange(8))])
    return _EVENT[:place] + other + _EVENT[place + 1 :], genuine(now)


def flipped_signature(chance: random.Random, now: int) -> tuple[bytes, Headers]:
    made, place = _signature(_EVENT, now), chance.randrange(64)
    other = chance.choice([digit for digit in "0123456789abcdef" if digit != made[place]])
    return _EVENT, _put(genuine(now), "X-Sign", made[:place] + other + made[place + 1 :])


def odd_signature(chance: random.Random, now: int) -> tuple[bytes, Headers]:
    made = _signature(_EVENT, now)
    odd = ["", made.upper(), made[:-1], made + "0", f"sha256={made}", "\xe9" * 64, "0" * 64, made[::-1], " " + made[1:]]
    return _EVENT, _put(genuine(now), "X-Sign", chance.choice(odd))


def stranger(_chance: random.Random, now: int) -> tuple[bytes, Headers]:
    return _EVENT, genuine(now, key=_STRANGER)


def odd_timestamp(chance: random.Random, now: int) -> tuple[bytes, Headers]:
    moved = now + chance.choice([-(10**6), -90_000, 600, 3600, 10**7])
    odd = chance.choice([f"+{now}", f"{now};", f"{now}.0", f"0{now}", str(now)[:-1], "", "-1", "\u0661" * 10, "1e9"])
    if chance.random() < 0.5:
        return _EVENT, genuine(moved)  # rightly signed, and out of its time
    return _EVENT, _put(genuine(now), "X-Timestamp", odd)


def moved_boundary(chance: random.Random, now: int) -> tuple[bytes, Headers]:
    """The bytes that were signed, cut elsewhere into body and timestamp."""
    cut = chance.randint(1, 9)
    joined = _EVENT + str(now).encode()
    return joined[:-cut], _put(genuine(now), "X-Timestamp", joined[-cut:].decode())


def missing_header(chance: random.Random, now: int) -> tuple[bytes, Headers]:
    gone = chance.choice(["X-Appid", "X-Timestamp", "X-Sign"])
    return _EVENT, [pair for pair in genuine(now) if pair[0] != gone]


def doubled_header(chance: random.Random, now: int) -> tuple[bytes, Headers]:
    headers = genuine(now)
    name, value = chance.choice(headers[:3])
    return _EVENT, [*headers, (name.lower(), chance.choice([value, "x"]))]


def odd_header(chance: random.Random, now: int) -> tuple[bytes, Headers]:
    name = chance.choice(["X-Appid", "X-Timestamp", "X-Sign"])
    return _EVENT, _put(genuine(now), name, "".join(chr(chance.randint(0x80, 0xFF)) for _ in range(16)))


def random_bytes(chance: random.Random, now: int) -> tuple[bytes, Headers]:
    return chance.randbytes(chance.randint(0, 400)), genuine(now)


def another_app(_chance: random.Random, now: int) -> tuple[bytes, Headers]:
    body = _EVENT.replace(APP_ID.encode(), b"someoneElsesApp0")
    return body, genuine(now, body)


def no_object(chance: random.Random, now: int) -> tuple[bytes, Headers]:
    body = chance.choice(
        [b"null", b"true", b"[]", b'"PAID"', b"17", b"[" + _EVENT + b"]", b"", b"{", b"\xef\xbb\xbf{}"]
    )
    return body, genuine(now, body)


def doubled_key(_chance: random.Random, now: int) -> tuple[bytes, Headers]:
    body = _EVENT[:-1] + b', "status": "PAID", "amount_collected": "1000000"}'
    return body, genuine(now, body)


def huge_number(chance: random.Random, now: int) -> tuple[bytes, Headers]:
    digits = b"9" * chance.choice([500, 5000, 50_000])
    body = _EVENT.replace(b'"time": ', b'"time": ' + digits)
    return body, genuine(now, body)


def deeply_nested(chance: random.Random, now: int) -> tuple[bytes, Headers]:
    depth = chance.choice([100, 2000, 20_000])
    body = _EVENT[:-1] + b', "more": ' + b"[" * depth + b"]" * depth + b"}"
    return body, genuine(now, body)


def not_utf8(chance: random.Random, now: int) -> tuple[bytes, Headers]:
    broken = chance.choice([b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"\x80"])
    body = _EVENT.replace(b"Tron", broken)
    return body, genuine(now, body)


def wrong_types(chance: random.Random, now: int) -> tuple[bytes, Headers]:
    fields = example("webhook.payment")["body"]
    fields[chance.choice(["trade_no", "status", "amount_collected"])] = chance.choice([None, [], {}, True, 1.5])
    body = json.dumps(fields).encode()
    return body, genuine(now, body)


def odd_amount(chance: random.Random, now: int) -> tuple[bytes, Headers]:
    fields = example("webhook.payment")["body"]
    fields["amount_collected"] = chance.choice(["NaN", "1e5", " 1 ", "1_000", "\u0661", "0x10", "", "1,5"])
    body = json.dumps(fields).encode()
    return body, genuine(now, body)


FORGED: tuple[Callable[[random.Random, int], tuple[bytes, Headers]], ...] = (
    flipped_body,
    flipped_signature,
    odd_signature,
    stranger,
    odd_timestamp,
    moved_boundary,
    missing_header,
    doubled_header,
    odd_header,
    random_bytes,
    another_app,
)
MALFORMED: tuple[Callable[[random.Random, int], tuple[bytes, Headers]], ...] = (
    no_object,
    doubled_key,
    huge_number,
    deeply_nested,
    not_utf8,
    wrong_types,
    odd_amount,
)


def sent(connection: http.client.HTTPConnection, body: bytes, headers: Headers) -> int:
    """Send a request as it is; return the status of its answer."""
    connection.putrequest("POST", "/", skip_accept_encoding=True)
    for name, value in [*headers, ("Content-Length", str(len(body)))]:
        connection.putheader(name, value.encode("utf-8", "replace"))
    connection.endheaders(body)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def flood(port: int, seed: int) -> None:
    """Send one after the other, without end."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    print("flooding", flush=True)
    for _, body, headers in requests(seed, int(time.time())):
        sent(connection, body, headers)
