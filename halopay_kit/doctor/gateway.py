"""What HaloPay says to calls that only read: the clock, the signature and its reading, the answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal

import attrs

from halopay_api import codec
from halopay_api.operations import OPERATIONS
from halopay_api.policy import RESULT_CODES, TOLERANCE
from halopay_kit import signing
from halopay_kit.answers import open_answer, printable
from halopay_kit.connection import Connection
from halopay_kit.doctor.check import Check, failed, passed, skipped
from halopay_kit.errors import ApiError, HaloPayError, SignatureError
from halopay_kit.signing import AppKey

Seal = Literal["right", "prose", "unsigned", "another key"]

_ASKED: Final = OPERATIONS["currency.app_token_list"]
_BODY: Final = b"{}"
_OFF: Final = TOLERANCE / 2  # seconds; from here on the two minutes are half used up before a call is sent
_PAUSE: Final = 1.0  # seconds between two calls to HaloPay itself
_AUTH_ERROR, _SIGN_TIME, _SIGN_ERROR = 10006, 10007, 10008
_REFUSED = (_AUTH_ERROR, _SIGN_TIME, _SIGN_ERROR)
_ANOTHER_KEY = AppKey("aKeyThatIsNotTheApps")
_SAMPLES = "in the samples' reading: HMAC-SHA-256 of body and timestamp, the AppKey as key"


@attrs.frozen(kw_only=True)
class Answer:
    """What came back, and who vouches for it.

    Attributes:
        code: the envelope's; None where there is none.
        reading: of the signature that fits: `samples` or `prose`, None where neither does.
        named: whether X-Appid is the app's.
        offset: HaloPay's clock minus ours, seconds, by X-Timestamp.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    at: float
    code: int | None
    reading: Literal["samples", "prose"] | None
    signed: bool
    named: bool
    offset: float | None

    @property
    def verified(self) -> bool:
        """Whether it is HaloPay's word."""
        return self.reading == "samples" and self.named


@attrs.frozen(kw_only=True)
class Gateway:
    """HaloPay, or a sandbox, at an address; only calls that read are sent, slowly where it is `live`."""

    connection: Connection
    app_id: str
    app_key: AppKey
    live: bool
    clock: Callable[[], float]
    timeout: float
    sleep: Callable[[float], None] = time.sleep

    def examine(self) -> Iterator[Check]:
        """Yield the checks of the address, the clock, the signature and the answers.

        A call refused for its time is sent again by HaloPay's clock, where that is known for sure; one refused for its
        signature once more in the other reading.
        """
        try:
            first = self._call()
        except HaloPayError as error:
            yield failed("address", f"no answer from {self._where}: {error.problem}", error.advice or _CHECK_ADDRESS)
            yield from (skipped(name, "nothing answered") for name in ("clock", "signature", "answers", "unsigned"))
            return
        yield self._address(first)
        if first.code is None:
            yield from (skipped(name, "no HaloPay answered") for name in ("clock", "signature", "answers", "unsigned"))
            return
        yield _clock(first)
        later = first
        if first.code == _SIGN_TIME and first.reading and first.offset is not None:
            later = self._again(ahead=first.offset) or first
        yield self._signature(first, later)
        yield self._answers(later)
        yield self._unsigned()

    @property
    def _where(self) -> str:
        return self.connection.base_url

    def _address(self, answer: Answer) -> Check:
        if answer.code is not None:
            kind = "counts as live" if self.live else "an address of this machine"
            return passed("address", f"{self._where} ({kind}) answers {_ASKED.name} with code {answer.code}")
        kind = printable(answer.headers.get("content-type", "no content type"), 60)
        return failed("address", f"{self._where} answers HTTP {answer.status}, {kind}: no HaloPay", _CHECK_ADDRESS)

    def _signature(self, first: Answer, answer: Answer) -> Check:
        if answer.code == _AUTH_ERROR:
            return failed("signature", f"the AppId is refused: {_said(answer)}", RESULT_CODES[_AUTH_ERROR].advice)
        if answer.code == _SIGN_TIME:
            return skipped("signature", f"HaloPay looks at the time first: {_said(answer)}", _SET_CLOCK)
        if answer.code == _SIGN_ERROR:
            other = self._again(seal="prose")
            if other is not None and other.code not in (None, *_REFUSED):
                return failed(
                    "signature", "refused in the samples' reading, accepted in the prose's: body, timestamp, AppKey",
                    "The kit follows the samples. Tell its maintainers; `halopay contract` has the evidence.",
                )  # fmt: skip
            return failed(
                "signature",
                f"refused in both readings: {_said(answer)}",
                RESULT_CODES[_SIGN_ERROR].advice + " " + _BOTH,
            )
        if not answer.verified:
            return skipped(
                "signature", "not refused, but what said so does not verify", "See the check of the answers."
            )
        when = "" if answer is first else ", once it carried HaloPay's time"
        also = "" if answer.code == 0 else f" (though it said {_said(answer)})"
        return passed("signature", f"accepted{when}, {_SAMPLES}{also}")

    def _answers(self, answer: Answer) -> Check:
        if answer.verified:
            return self._decoded(answer)
        if not answer.signed:
            return failed("answers", "the answer has no signature", _IN_BETWEEN)
        if answer.code in (_AUTH_ERROR, _SIGN_ERROR):
            return skipped("answers", "the credentials are refused, so answers cannot be verified", "Mend those first.")
        if answer.reading == "prose":
            return failed(
                "answers", "the answer is signed in the prose's reading", "Tell the kit's maintainers: it refuses them."
            )
        if not answer.named:
            return failed("answers", "the answer is for another app", "Check the AppId, and that the AppKey is of it.")
        return failed("answers", "the signature is not that of these bytes under this AppKey", _IN_BETWEEN)

    def _decoded(self, answer: Answer) -> Check:
        fits = f"verified, {_SAMPLES}"
        try:
            opened = open_answer(
                _ASKED,
                {},
                status=answer.status,
                headers=answer.headers,
                body=answer.body,
                app_id=self.app_id,
                app_key=self.app_key,
                now=answer.at + (answer.offset or 0.0),
            )
        except (ApiError, SignatureError) as error:
            return passed("answers", f"{fits}; it says {error.problem}")
        except HaloPayError as error:
            return failed("answers", f"{fits}, but {error.problem}", "Compare the spec with HaloPay: halopay contract.")
        beyond = f"; beyond the spec: {len(opened.drift)}" if opened.drift else ""
        return passed("answers", f"{fits}{beyond}")

    def _unsigned(self) -> Check:
        """Send what must be refused, on this machine only."""
        if self.live:
            return skipped("unsigned", "nothing wrong is sent to HaloPay itself", "Try it on `halopay sandbox`.")
        seals: tuple[Seal, ...] = ("unsigned", "another key")
        for seal in seals:
            answer = self._again(seal=seal)
            if answer is not None and answer.code == 0:
                what = "without a signature" if seal == "unsigned" else "signed with another key"
                return failed(
                    "unsigned", f"a call {what} is answered with code 0", "This is neither HaloPay nor its sandbox."
                )
        return passed("unsigned", "calls without a signature, and with another key's, are refused")

    def _again(self, *, seal: Seal = "right", ahead: float = 0.0) -> Answer | None:
        if self.live:
            self.sleep(_PAUSE)
        try:
            return self._call(seal=seal, ahead=ahead)
        except HaloPayError:
            return None

    def _call(self, *, seal: Seal = "right", ahead: float = 0.0) -> Answer:
        began, tick = self.clock(), time.monotonic()
        timestamp = f"{int(began + ahead):010d}".encode()
        key = _ANOTHER_KEY if seal == "another key" else self.app_key
        digest = key.digest_as_prose(_BODY + timestamp) if seal == "prose" else key.digest(_BODY + timestamp)
        sent = {
            "X-Appid": self.app_id,
            "X-Timestamp": timestamp.decode(),
            "X-Sign": digest.hex(),
            "content-type": "application/json",
            "accept-encoding": "identity",
            "user-agent": "halopay-kit",
        }
        if seal == "unsigned":
            del sent["X-Sign"]
        status, headers, body = self.connection.post(_ASKED.path, sent, body=_BODY, limit=self.timeout)
        return self._read(status, headers, body, at=began + (time.monotonic() - tick) / 2)

    def _read(self, status: int, headers: Mapping[str, str], body: bytes, *, at: float) -> Answer:
        timestamp, signature = headers.get("X-Timestamp", ""), headers.get("X-Sign", "")
        readable = len(timestamp) == 10 and timestamp.isascii() and timestamp.isdigit()
        return Answer(
            status=status,
            headers=headers,
            body=body,
            at=at,
            code=_code(body),
            reading=self._reading(body, timestamp, signature) if readable else None,
            signed=bool(timestamp and signature),
            named=headers.get("X-Appid") == self.app_id,
            offset=int(timestamp) + 0.5 - at if readable else None,  # it is cut to the whole second
        )

    def _reading(self, body: bytes, timestamp: str, signature: str) -> Literal["samples", "prose"] | None:
        try:
            signing.verify(body, timestamp, signature, self.app_key)
        except SignatureError:
            fits = self.app_key.digest_as_prose(body + timestamp.encode()).hex() == signature
            return "prose" if fits else None
        return "samples"


_CHECK_ADDRESS = "Check --base-url or HALOPAY_BASE_URL, and the network; HaloPay's is https://api.pay.halochat.io."
_SET_CLOCK = "Set this machine's clock, and keep it right with NTP (timedatectl set-ntp true)."
_BOTH = "Copy it again, without white space; after it was renewed the old one is refused."
_IN_BETWEEN = "It is not from HaloPay, or something in between writes answers anew: check the base URL and the proxies."


def _clock(answer: Answer) -> Check:
    if answer.offset is None:
        return skipped("clock", "the answer has no time", "See the check of the answers.")
    off = answer.offset
    told = f"HaloPay's clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} ours"
    trusted = answer.reading is not None
    if abs(off) > _OFF or answer.code == _SIGN_TIME:
        sure = "" if trusted else ", as an answer says that does not verify"
        return failed("clock", f"{told}{sure}; HaloPay refuses more than {TOLERANCE} s", _SET_CLOCK)
    if not trusted:
        return skipped("clock", f"{told}, as an answer says that does not verify", "Mend the signature first.")
    return passed("clock", f"{told}; {TOLERANCE} s are allowed" if abs(off) >= 1.5 else "off by less than 2 s")


def _code(body: bytes) -> int | None:
    try:
        envelope = codec.parse(body)
    except codec.DecodeError:
        return None
    code = envelope.get("code") if isinstance(envelope, dict) else None
    return code if type(code) is int else None


def _said(answer: Answer) -> str:
    known = RESULT_CODES.get(answer.code or 0)
    return f"code {answer.code}" + (f", {known.meaning}" if known else "")
