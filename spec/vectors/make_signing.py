"""Make signing.json: known answers and hostile cases for HaloPay's signature."""

import argparse
import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
VECTORS = HERE / "signing.json"
COMMAND = "python spec/vectors/make_signing.py"

DESCRIPTION = """\
Write signing.json, next to this script: the known answers and hostile cases that the tests
of every surface read. No signature in it comes from Python or from the kit: OpenSSL and
Java's javax.crypto (Sign.java) each compute all of them, and must agree with each other and
with the two digests of the self-made vector in HaloPay's facts sheet."""

EPILOG = """\
Needs openssl and java (a JDK, 17 or later) on the PATH.
Exit status: 0 made, or up to date; 1 --check found a difference; 2 nothing could be made."""


class Content(NamedTuple):
    """What one signature is computed over, and with which key."""

    app_key: str
    timestamp: str
    body: bytes


class Valid(NamedTuple):
    name: str
    direction: str
    content: Content
    note: str | None = None


class Hostile(NamedTuple):
    """A case to refuse: `content` with the signature of `signed`, damaged."""

    name: str
    refused_because: str
    content: Content
    why: str
    signed: Content
    damage: Callable[[str], str] = str


class MakingError(Exception):
    """A tool is missing or failed, or the signatures contradict each other."""


KEY = "testAppKey"
TIME = "1773750000"
BODY = b'{"out_trade_no":"T1","symbol":"USD","amount":"15"}'
SHEET = Content(KEY, TIME, BODY)
SHEET_AS_PROSE = Content(KEY, TIME + KEY, BODY)
SHEET_DIGESTS = {
    SHEET: "490a7bd0791a7f1aca49f84374db3ec68d4150bc93605302c0c78e35e56683d9",
    SHEET_AS_PROSE: "bb200a25a6ad989c27a44545b22f81231a4d9d73ff272bd13659bc17be0ae33a",
}


def content(body: str | bytes, *, timestamp: str = TIME, app_key: str = KEY) -> Content:
    return Content(app_key, timestamp, body.encode() if isinstance(body, str) else body)


def wrong(name: str, why: str, sent: Content, signed: Content) -> Hostile:
    return Hostile(name, "signature", sent, why, signed)


def damaged(name: str, why: str, damage: Callable[[str], str]) -> Hostile:
    return Hostile(name, "signature", SHEET, why, SHEET, damage)


def stamped(name: str, why: str, timestamp: str, body: bytes = BODY) -> Hostile:
    sent = content(body, timestamp=timestamp)
    return Hostile(name, "timestamp", sent, why, sent)


def embodied(name: str, why: str, body: str | bytes) -> Hostile:
    return Hostile(name, "body", content(body), why, content(body))


PRE_CREATE = (
    '{"out_trade_no":"uz54NEW9TVhLSIDHUSYB4aEFupKoE7I8","symbol":"USD","amount":"15","name":"Tea",'
    '"time_expire":1773750780,"callback_url":"https://shop.example/halopay"}'
)
PRE_CREATED = (
    '{"code":0,"msg":"success","data":{'
    '"url":"https://checkout.pay.halochat.io/20260317122000a7b3c9d2e5f8a1b4c6",'
    '"time_expire":1773750780,"trade_no":"20260317122000a7b3c9d2e5f8a1b4c6"}}'
)
PAID = (
    '{"appid":"ad4cyr8dpfs9j2u1","trade_no":"20260314145000a7b3c9d2e5f8a1b4c6",'
    '"out_trade_no":"uz54NEW9TVhLSIDHUSYB4aEFupKoE7I8","amount_collected":"5","amount":"5",'
    '"token_amount":"4.998045","chain":"Tron","chain_id":3448148188,"type":"PAYMENT",'
    '"currency_id":75,"txid":"' + "5f1c" * 16 + '","status":"PAID","time":1773471015,'
    '"redirect_url":"https://shop.example/thanks"}'
)
LONG = '{"out_trade_no":"T1","describe":"' + "0123456789abcdef" * 128 + '"}'
ESCAPED = r'{"out_trade_no":"T1","name":"\u9f99\u4e95\u8336\ud83c\udf75"}'
GO_ESCAPED = r'{"describe":"\u003cb\u003eTea \u0026 cake\u003c/b\u003e"}'
UNESCAPED = '{"describe":"<b>Tea & cake</b>"}'
CHANGED = BODY.replace(b"15", b"16")
SPACED = BODY.replace(b",", b", ").replace(b":", b": ")
ARABIC_TIME = "".join(chr(0x660 + int(digit)) for digit in TIME)
WITH_NEWLINE = content(BODY + b"\n")
LATER = content(BODY, timestamp="1773750060")
LONG_KEY_NOTE = "80 bytes; HMAC hashes a key beyond 64 bytes first"

VALID = [
    Valid("facts_sheet", "request", SHEET, "the self-made vector; HaloPay publishes none"),
    Valid("pre_create_request", "request", content(PRE_CREATE)),
    Valid("pre_create_response", "response", content(PRE_CREATED, timestamp="1773750001")),
    Valid("payment_webhook", "webhook", content(PAID, timestamp="1773471016")),
    Valid("empty_object", "request", content("{}"), "the least that is ever sent"),
    Valid("chinese", "request", content('{"out_trade_no":"T1","name":"龙井茶"}')),
    Valid("emoji", "webhook", content('{"out_trade_no":"T1","name":"🍵"}'), "four bytes in UTF-8"),
    Valid("non_ascii_escaped", "response", content(ESCAPED), "the escapes are signed as they stand"),
    Valid("go_escaped", "response", content(GO_ESCAPED), "as Go's json.Marshal writes it"),
    Valid("go_unescaped", "request", content(UNESCAPED), "go_escaped's object in other bytes"),
    Valid("whitespace_inside", "webhook", content('{ "out_trade_no" : "T1",\r\n\t"amount" : "15" }')),
    Valid("trailing_newline", "response", WITH_NEWLINE, "the newline belongs to the body"),
    Valid("digits_at_the_end", "request", content('{"out_trade_no":"T1","currency_id":75}')),
    Valid("long_body", "request", content(LONG)),
    Valid("key_of_one_character", "request", content(BODY, app_key="k")),
    Valid("key_longer_than_a_block", "request", content(BODY, app_key=KEY * 8), LONG_KEY_NOTE),
]

BAD_SIGNATURE = [
    wrong("wrong_key", "Signed with another AppKey.", SHEET, content(BODY, app_key="otherAppKey")),
    wrong("changed_body", "One byte was changed after signing.", content(CHANGED), SHEET),
    wrong("reserialised_body", "The same object, signed in other bytes.", content(SPACED), SHEET),
    wrong("changed_timestamp", "Sent again with a fresh timestamp.", LATER, SHEET),
    wrong("prose_reading", "The message read as body + timestamp + appKey.", SHEET, SHEET_AS_PROSE),
    damaged("changed_digit", "The last digit was changed.", lambda right: right[:-1] + "0"),
    damaged("uppercase_signature", "HaloPay's signature is lowercase hex.", str.upper),
    damaged("empty_signature", "There is no signature.", lambda right: right[:0]),
    damaged("truncated_signature", "Half of the signature is missing.", lambda right: right[:32]),
    damaged("space_before_signature", "A space precedes the right one.", lambda right: " " + right),
    damaged("newline_after_signature", "A newline follows the right one.", lambda right: right + "\n"),
    damaged("non_ascii_signature", "To be refused, without a crash.", lambda right: "\uff14" + right[1:]),
]
BAD_TIMESTAMP = [
    stamped("letter_in_timestamp", "Ten characters, one of them a letter.", "177375000x"),
    stamped("arabic_digits", "Unicode digits, which lenient parsers take.", ARABIC_TIME),
    stamped("superscript_digit", "A digit in Unicode that is no integer.", "177375000\u00b2"),
    stamped("signed_timestamp", "Ten characters, the first a plus sign.", "+177375000"),
    stamped("space_in_timestamp", "Ten characters, the first a space.", " 177375000"),
    stamped("newline_after_timestamp", "A pattern's $ lets a last newline through.", TIME + "\n"),
    stamped("nine_digits", "Nine digits.", TIME[:-1]),
    stamped("eleven_digits", "Eleven digits.", TIME + "0"),
    stamped("empty_timestamp", "The signature is right for the body alone.", ""),
    stamped(
        "split_moved_into_timestamp",
        "The body's last byte moved over; trailing_newline's signature still fits.",
        "\n" + TIME,
    ),
    stamped(
        "split_moved_into_body",
        "The timestamp's first digit moved over; facts_sheet's signature still fits.",
        TIME[1:],
        body=BODY + TIME[:1].encode(),
    ),
]
BAD_BODY = [
    embodied("empty_body", "The body is empty; only the timestamp is signed.", ""),
    embodied("array_body", "The body is a JSON array.", '[{"amount":"15"}]'),
    embodied("string_body", "The body is a JSON string.", '"Success"'),
    embodied("number_body", "The body is a JSON number, digits like the timestamp's.", "15"),
    embodied("null_body", "The body is JSON's null.", "null"),
    embodied("cut_body", "The object's closing brace is missing.", BODY[:-1]),
    embodied("two_objects", "A second object follows the first.", "{}{}"),
    embodied("surrogate_in_utf8", "A lone surrogate is not UTF-8.", b'{"name":"\xed\xa0\x80"}'),
    embodied("utf16_body", "Some JSON parsers guess UTF-16 and take it.", b"{\0}\0"),
]
HOSTILE = [*BAD_SIGNATURE, *BAD_TIMESTAMP, *BAD_BODY]


def sign(contents: list[Content]) -> dict[Content, str]:
    """Sign each content twice, by OpenSSL and by Java, and return the signatures they agree on."""
    by_openssl = [openssl(each) for each in contents]
    by_java = java(contents)
    require(by_openssl == by_java, "openssl and java do not agree on the signatures")
    return dict(zip(contents, by_openssl, strict=True))


def openssl(content: Content) -> str:
    key = f"hexkey:{content.app_key.encode().hex()}"
    signed = content.body + content.timestamp.encode()
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", key, "-binary"]
    return run(command, signed).hex()


def java(contents: list[Content]) -> list[str]:
    lines = (
        b" ".join(map(base64.b64encode, (app_key.encode(), body, timestamp.encode()))) + b"\n"
        for app_key, timestamp, body in contents
    )
    return run(["java", str(HERE / "Sign.java")], b"".join(lines)).decode().split()


def run(command: list[str], stdin: bytes) -> bytes:
    tool = command[0]
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    except OSError as error:
        raise MakingError(f"cannot run {tool}: {error.strerror}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise MakingError(f"{tool} failed with status {done.returncode}: {said}")
    return done.stdout


def make() -> str:
    """Return the text of signing.json."""
    contents = [case.content for case in VALID]
    contents += [each for case in HOSTILE for each in (case.content, case.signed)]
    signatures = sign(list(dict.fromkeys([*SHEET_DIGESTS, *contents])))
    for known, digest in SHEET_DIGESTS.items():
        require(signatures[known] == digest, f"the facts sheet says {digest}")
    valid = [valid_case(case, signatures) for case in VALID]
    hostile = [hostile_case(case, signatures) for case in HOSTILE]
    require_distinct("name", [*valid, *hostile])
    require_distinct("signature", valid)
    document = {
        "about": "Known answers for HaloPay's signature, each computed by OpenSSL and by Java, "
        "and hostile cases that every verifier refuses, whatever the clock says.",
        "made_by": COMMAND,
        "signed_content": "body bytes followed by the timestamp's ten ASCII digits; "
        "HMAC-SHA-256 keyed with the AppKey; lowercase hex",
        "valid": valid,
        "hostile": hostile,
        "hypotheses": [
            {
                "name": "prose",
                "reading": "HaloPay's prose taken as the message: body + timestamp + appKey, keyed with the AppKey",
                **fields(SHEET),
                "signature": signatures[SHEET_AS_PROSE],
                "accepted": False,
            }
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def valid_case(case: Valid, signatures: dict[Content, str]) -> dict[str, Any]:
    made = {"name": case.name, "direction": case.direction, **fields(case.content)}
    made["signature"] = signatures[case.content]
    return made | ({"note": case.note} if case.note else {})


def hostile_case(case: Hostile, signatures: dict[Content, str]) -> dict[str, Any]:
    signature = case.damage(signatures[case.signed])
    require(
        (signature != signatures[case.content]) == (case.refused_because == "signature"),
        f"{case.name}: the signature is to be wrong where it is the reason, and only there",
    )
    return {
        "name": case.name,
        **fields(case.content),
        "signature": signature,
        "refused_because": case.refused_because,
        "why": case.why,
    }


def fields(content: Content) -> dict[str, str]:
    try:
        body = {"body": content.body.decode()}
    except UnicodeDecodeError:
        body = {"body_base64": base64.b64encode(content.body).decode()}
    return {"app_key": content.app_key, "timestamp": content.timestamp, **body}


def require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise MakingError(otherwise)


def require_distinct(field: str, cases: Iterable[dict[str, Any]]) -> None:
    values = [case[field] for case in cases]
    require(len(values) == len(set(values)), f"two cases have the same {field}")


def main() -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if signing.json is not as made")
    check = parser.parse_args().check
    try:
        made = make().encode("ascii")
    except MakingError as error:
        print(f"{VECTORS.name}: {error}", file=sys.stderr)
        return 2
    if not check:
        VECTORS.write_bytes(made)
    elif not VECTORS.exists() or VECTORS.read_bytes() != made:
        print(f"{VECTORS.name} is not what `{COMMAND}` makes", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
