"""JSON lines, one exchange or one webhook a line.

    {"url": "https://…/api/order/create", "at": 1773750000.2,
     "request": {"headers": {"X-Appid": "…"}, "body": "{…}"},
     "answer": {"status": 200, "headers": {…}, "body": "{…}"}, "answered_at": 1773750000.4}
    {"webhook": {"headers": {"X-EventType": "Paid", …}, "body": "{…}"}, "at": 1773750001, "answered": "Success"}

`headers` are an object or a list of pairs. `body` is the text, `body_base64` its bytes; a body that is an object was
parsed, and its signature cannot be judged any more. `at` and `answered_at` are unix seconds or ISO 8601. `operation`
may stand for `url`, `response` for `answer`, `error` for an answer that never came; `delivery` is the same for all
attempts of one. The names that `Exchange` and `Delivery` have are understood too, and so are the lines that
`halopay sandbox --json` prints and those that `halopay inbox export` writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TextIO

from halopay_kit.contract.traffic import exports, schemathesis_events
from halopay_kit.contract.traffic.body import Body
from halopay_kit.contract.traffic.opened import LONGEST, lines_of
from halopay_kit.contract.traffic.recorded import (
    Entry,
    Passed,
    Recorded,
    Refused,
    headers_of,
    mapping,
    seconds_of,
    status_of,
    text,
)
from halopay_kit.errors import UnreadableTraffic


def entries(file: TextIO) -> Iterator[Entry]:
    """Yield what each line holds; a line of Schemathesis may hold many exchanges or none."""
    for number, line in lines_of(file):
        where = f"line {number}"
        if line is None:
            yield Refused(where, f"it is longer than {LONGEST} characters")
            continue
        try:
            row = mapping(json.loads(line), "the line")
        except UnreadableTraffic as error:
            yield Refused(where, error.problem)
        except json.JSONDecodeError as error:
            yield Refused(where, f"not JSON at character {error.pos}: {error.msg}")
        except RecursionError:
            yield Refused(where, "it is nested too deeply")
        except (ValueError, ArithmeticError):
            yield Refused(where, "it holds a number beyond all bounds")
        else:
            if schemathesis_events.is_event(row):
                yield from schemathesis_events.entries(row, where)
            else:
                yield _entry(row, where)


def _entry(row: Mapping[str, Any], where: str) -> Entry:
    try:
        if exports.is_row(row):
            return exports.entry(row, where)
        for fits, read in _SHAPES:
            if fits(row):
                return read(row, where)
    except UnreadableTraffic as error:
        return Refused(where, error.problem)
    return Refused(where, "neither an exchange nor a webhook: no url, no operation, no webhook")


def _webhook(row: Mapping[str, Any], where: str) -> Recorded:
    inner = row.get("webhook")
    message = inner if isinstance(inner, dict) else row
    answered = row.get("answered")
    return Recorded(
        where=where,
        sort="delivery",
        at=seconds_of(row.get("at", row.get("time"))),
        request_headers=headers_of(message.get("headers")),
        request=_body(message, row),
        has_headers="headers" in message,
        answered=None if answered is None else str(answered)[:60],
        delivery=None if row.get("delivery") is None else str(row["delivery"])[:60],
    )


def _exchange(row: Mapping[str, Any], where: str) -> Recorded:
    request, answer = _part(row, "request"), _part(row, "answer", "response")
    status = status_of(answer.get("status", answer.get("status_code", row.get("status"))))
    error = row.get("error")
    return Recorded(
        where=where,
        sort="exchange" if row.get("operation") else None,
        operation=None if row.get("operation") is None else text(row["operation"], "its operation"),
        method=text(row.get("method", request.get("method", "POST")), "its method").upper(),
        url=text(row.get("url", request.get("url", "")) or "", "its URL"),
        at=seconds_of(row.get("at", row.get("time"))),
        answered_at=seconds_of(row.get("answered_at")),
        request_headers=headers_of(request.get("headers")),
        request=_body(request, row),
        status=status,
        answer_headers=headers_of(answer.get("headers")),
        answer=None if status is None else _body(answer, row),
        error=None if status is not None else str(error or "no answer was recorded")[:200],
        has_headers="headers" in request or "headers" in answer,
    )


def _sandbox_attempt(row: Mapping[str, Any], where: str) -> Recorded:
    return Recorded(
        where=where,
        sort="delivery",
        at=seconds_of(row.get("time")),
        request_headers=headers_of(row.get("headers")),
        request=_body({"body": row.get("request")}, row),
        answered=str(row.get("answer") or row.get("status") or row.get("verdict") or "")[:60] or None,
        delivery=str(row.get("delivery")),
    )


def _part(row: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return one side of an exchange: an object, or what `Exchange` calls it, or, of the sandbox, its body alone."""
    for name in names:
        if isinstance(row.get(name), dict):
            return mapping(row[name], name)
        prefix = f"{name}_"
        flat = {key.removeprefix(prefix): value for key, value in row.items() if key.startswith(prefix)}
        if flat.keys() & {"headers", "body", "body_base64"}:
            return flat
        if isinstance(row.get(name), str):
            return {"body": row[name]}
    return {}


def _body(message: Mapping[str, Any], row: Mapping[str, Any]) -> Body | None:
    if row.get("raw") is False:
        value = message.get("body")
        return Body(text=value, rewritten=True) if isinstance(value, str) else _body(message, {})
    if message.get("body_base64") is not None:
        return Body(text=text(message["body_base64"], "its body_base64"), is_base64=True)
    value = message.get("body")
    if value is None:
        return None
    return Body.of_value(value) if isinstance(value, (dict, list)) else Body(text=text(value, "its body"))


def _passed(reason: str) -> Callable[[Mapping[str, Any], str], Entry]:
    return lambda _row, where: Passed(where, reason)


# What a line is, by what stands in it; the first that fits.
_SHAPES: tuple[tuple[Callable[[Mapping[str, Any]], bool], Callable[[Mapping[str, Any], str], Entry]], ...] = (
    (lambda row: row.get("kind") == "attempt" and "request" in row, _sandbox_attempt),
    (lambda row: row.get("kind") in ("control", "event") and "time" in row, _passed("a sandbox's note, no exchange")),
    (lambda row: "HALOPAY_BASE_URL" in row, _passed("the credentials of a sandbox")),
    (lambda row: "retry_in" in row and "seconds" in row, _passed("a log of attempts, without what was sent")),
    (lambda row: isinstance(row.get("webhook"), dict), _webhook),
    (lambda row: "url" in row or "operation" in row or isinstance(row.get("request"), dict), _exchange),
    (lambda row: "headers" in row and ("body" in row or "body_base64" in row), _webhook),
)
