"""Who may see the page and post to it, and what a browser may do with it."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from starlette.datastructures import Headers

from halopay_kit.sandbox.wire.refusal import ControlError

# No style, script or picture but the sandbox's own files, none of them in the page; nobody may frame it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers would call the origin of our own forms null
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]{1,5})?")
_FROM_HERE = {"same-origin", "none"}


class Guard:
    """Tells a page of this sandbox from one that another site made up; a token is good for one order's page."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def token(self, trade_no: str) -> str:
        """Return what every form of the order's page sends along."""
        return hmac.new(self._secret, trade_no.encode(), hashlib.sha256).hexdigest()

    def admit(self, headers: Headers) -> None:
        """Refuse a browser that was lured here under another name."""
        if not _HOST.fullmatch(headers.get("host", "")):
            raise ControlError("This page is for 127.0.0.1 and localhost.", status=403)

    def admit_post(self, headers: Headers, trade_no: str, token: str) -> None:
        """Refuse a form that does not come from the order's own page."""
        scheme, _, origin = headers.get("origin", f"http://{headers['host']}").partition("://")
        at_home = scheme in {"http", "https"} and origin == headers["host"]
        if not at_home or headers.get("sec-fetch-site", "none") not in _FROM_HERE:
            raise ControlError("This form was sent by another site.", status=403)
        if not hmac.compare_digest(token.encode(), self.token(trade_no).encode()):
            raise ControlError("This form is from an older page. Please try again.", status=403)
