"""What the merchant sent, made fit to be shown; all of it is hostile, the template escapes it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import attrs

from halopay_kit.sandbox.business.book import Order

_NAME_LIMIT, _TEXT_LIMIT, _LINK_LIMIT, _LINES = 160, 800, 2048, 12
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_NOT_IN_A_LINK = re.compile(r"[\x00-\x20\x7f\\]")
_HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]")


@attrs.frozen
class Link:
    """Where the payer goes afterwards; `host` is what the payer is told of it."""

    url: str
    host: str


@attrs.frozen(kw_only=True)
class Merchant:
    """Texts of one order, clipped, and its link; `sent` are the fields as they came, for the developer."""

    name: str
    describe: str
    price: str
    link: Link | None
    sent: tuple[tuple[str, str], ...]


def merchant(order: Order) -> Merchant:
    """Return what the page says of the order's merchant."""
    given = {
        "trade_no": order.trade_no,
        "out_trade_no": order.out_trade_no,
        "image": order.image,
        "callback_url": order.callback_url,
        "redirect_url": order.redirect_url,
    }
    number = clip(order.out_trade_no, _NAME_LIMIT)
    return Merchant(
        name=clip(order.name or "", _NAME_LIMIT) or f"Order {number}",
        describe="\n".join(clip(order.describe or "", _TEXT_LIMIT).splitlines()[:_LINES]),
        price="" if order.fiat_amount is None else f"{order.fiat_amount:f} {order.fiat_name}",
        link=link(order.redirect_url),
        sent=tuple((name, clip(value, _TEXT_LIMIT)) for name, value in given.items() if value),
    )


def clip(text: str, limit: int) -> str:
    """Return the text without characters that nobody sees, and not longer than that."""
    seen = _UNSEEN.sub("", text.strip()[: 2 * limit]).strip()
    return seen if len(seen) <= limit else f"{seen[:limit]}…"


def link(url: str | None) -> Link | None:
    """Return the address if a browser can be sent there: http or https, a plain host, no user name."""
    if not url or len(url) > _LINK_LIMIT or _NOT_IN_A_LINK.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host):
        return None
    return Link(url=url, host=parts.netloc)
