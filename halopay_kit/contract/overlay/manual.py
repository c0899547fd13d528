"""What a person has to do about findings that no overlay mends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_SIGNED: Final = (
    "Signing is code: halopay_kit/signing.py and the spec's x-signature say what is signed. Make sure of the AppKey "
    "first; if HaloPay signs otherwise now, no answer and no webhook can be believed until the code follows."
)
_TIMED: Final = (
    "Timestamps are code: halopay_kit/signing.py reads unix seconds. Check the clocks first; if HaloPay writes them "
    "otherwise now, the code has to follow."
)
_ENVELOPED: Final = (
    "The envelope is opened by code: halopay_kit/answers.py, and `code: 0` means success there. Change it together "
    "with the spec's Envelope."
)
_HEADED: Final = (
    "Headers are read by code: halopay_kit/signing.py, answers.py, webhooks.py. Change it together with the spec."
)
_PROMISED: Final = "Ask HaloPay: this breaks what the documentation promises, and a spec that follows would hide it."
_DEFAULT: Final = "Look at the evidence, and decide whether the spec or the target is wrong."

_BY_ADVICE: Final[Mapping[str, str]] = {
    _SIGNED: "signature-wrong signature-reading request-signature",
    _TIMED: "time-scale time-format stale clock-ahead",
    _ENVELOPED: "success-code envelope-missing envelope-wrapped envelope-malformed data-text data-null data-missing"
    " data-malformed refusal-data-empty field-renamed field-missing type-changed null http-status",
    _HEADED: "header-missing header-doubled header-renamed content-type",
    _PROMISED: "app-id-changed echo money-inexact expiry amount-fell transition-illegal wrong-code accepted refused"
    " data-with-refusal",
}
_ADVICE: Final[Mapping[str, str]] = {
    **{kind: said for said, kinds in _BY_ADVICE.items() for kind in kinds.split()},
    "operation-missing": "The operation is elsewhere, or gone: look in HaloPay's change record. The path is a key "
    "below `paths` in the spec; rename it there by hand and put the old one into x-legacy-path.",
    "path-unknown": "If it is an operation that moved, rename its key below `paths` by hand and put the old path into "
    "x-legacy-path; if it is a new one, describe it, with its x-effect, from HaloPay's documentation.",
    "schedule": "The schedule of retries is x-webhook-delivery.retry-after-seconds; compare several deliveries before "
    "you change it.",
    "event-type": "X-EventType is a hint that nobody signs; the body counts. Note its words in the spec's EventType.",
    "value-malformed": "The field's `pattern` or `minimum` in the spec may be too narrow: decide by the evidence.",
}


def advice(kind: str) -> str:
    """Return a sentence or two."""
    return _ADVICE.get(kind, _DEFAULT)
