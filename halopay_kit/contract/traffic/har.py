"""HAR 1.2, as browsers, proxies and Schemathesis write it (http://www.softwareishard.com/blog/har-12-spec/)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from halopay_kit.contract.traffic.body import Body
from halopay_kit.contract.traffic.json_text import Broken, JsonText
from halopay_kit.contract.traffic.recorded import (
    Entry,
    Recorded,
    Refused,
    Sort,
    headers_of,
    mapping,
    numbered,
    seconds_of,
    status_of,
    text,
)
from halopay_kit.errors import UnreadableTraffic


def entries(file: TextIO) -> Iterator[Entry]:
    """Yield each entry of the log; where the file is cut off, those before the cut.

    Raises:
        UnreadableTraffic: it is JSON and no HAR.
    """
    return numbered(JsonText(file).listed(("log",), ("entries",)), "entry", _entry)


def _entry(item: object, where: str) -> Entry:
    if isinstance(item, Broken):
        return Refused(where, item.reason)
    try:
        entry = mapping(item, "the entry")
        request = mapping(entry.get("request"), "its request")
        response = mapping(entry.get("response") or {}, "its response")
        at = seconds_of(entry.get("startedDateTime"))
        status = status_of(response.get("status"))
        sort, delivery = _told(entry.get("_halopay"))
        return Recorded(
            where=where,
            sort=sort,
            delivery=delivery,
            method=text(request.get("method"), "its method").upper(),
            url=text(request.get("url"), "its URL"),
            at=at,
            answered_at=None if at is None or status is None else at + _duration(entry.get("time")),
            request_headers=headers_of(request.get("headers")),
            request=_sent(request),
            status=status,
            answer_headers=headers_of(response.get("headers")),
            answer=None if status is None else _answered(response),
            error=None if status is not None else _why_none(response),
        )
    except UnreadableTraffic as error:
        return Refused(where, error.problem)


def _told(aside: object) -> tuple[Sort | None, str | None]:
    """Return what a HAR of our own says of an entry, and which delivery it is an attempt of."""
    if not isinstance(aside, dict):
        return None, None
    delivery = aside.get("delivery")
    sort: dict[object, Sort] = {"exchange": "exchange", "delivery": "delivery"}
    word = aside.get("sort")
    return sort.get(word) if isinstance(word, str) else None, delivery if isinstance(delivery, str) else None


def _sent(request: Mapping[str, Any]) -> Body | None:
    posted = request.get("postData")
    if posted is None:
        return None
    posted = mapping(posted, "its postData")
    if posted.get("text") is None:
        return None
    return Body(
        text=text(posted["text"], "its postData.text"),
        is_base64=posted.get("encoding") == "base64",
        length=_length(request.get("bodySize")),
    )


def _answered(response: Mapping[str, Any]) -> Body | None:
    content = mapping(response.get("content") or {}, "its content")
    if content.get("text") is None:
        return Body(data=b"") if content.get("size") == 0 else None
    return Body(
        text=text(content["text"], "its content.text"),
        is_base64=content.get("encoding") == "base64",
        length=_length(response.get("bodySize")),
    )


def _length(value: object) -> int | None:
    """Return a length that was measured: -1 and, of a body from a cache, 0 say nothing."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _duration(value: object) -> float:
    """Return seconds of the milliseconds that an exchange took."""
    return value / 1000 if isinstance(value, (int, float)) and 0 <= value < 10**9 else 0.0


def _why_none(response: Mapping[str, Any]) -> str:
    for name in ("_error", "statusText", "comment"):
        if isinstance(response.get(name), str) and response[name]:
            return str(response[name])[:200]
    return "no answer was recorded"
