"""One recorded exchange as a file gives it: whoever recorded it, whoever it was with."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import attrs

from halopay_kit.contract.exchange import Headers
from halopay_kit.contract.traffic.body import Body
from halopay_kit.contract.traffic.json_text import CutOff, NoSuchList
from halopay_kit.errors import UnreadableTraffic

Sort = Literal["exchange", "delivery"]
_LATEST = 10**11  # unix seconds; numbers beyond are milli-, micro- or nanoseconds
_MOST_HEADERS = 1000


@attrs.frozen(kw_only=True)
class Recorded:
    """A request and what was answered.

    Attributes:
        where: the place in the file, as in `entry 12`.
        sort: what the file says it is; None: to be told by what it looks like.
        operation: what the file calls it.
        has_headers: the file kept headers; one without says nothing about them.
        answered: what a receiver answered, where the file says it in a word of its own.
        delivery: what attempts of one delivery share.
        order: which came first, of those of one second.
    """

    where: str
    sort: Sort | None = None
    operation: str | None = None
    method: str = "POST"
    url: str = ""
    at: float | None = None
    answered_at: float | None = None
    request_headers: Headers = ()
    request: Body | None = None
    status: int | None = None
    answer_headers: Headers = ()
    answer: Body | None = None
    error: str | None = None
    has_headers: bool = True
    answered: str | None = None
    delivery: str | None = None
    order: int | None = None


@attrs.frozen
class Passed:
    """An entry that is well and not for us, with the reason."""

    where: str
    reason: str


@attrs.frozen
class Refused:
    """An entry that cannot be read, with the reason."""

    where: str
    reason: str


Entry = Recorded | Passed | Refused


def numbered(items: Iterable[Any], what: str, read: Callable[[Any, str], Entry]) -> Iterator[Entry]:
    """Read each item of a document in JSON; where that is cut off, those before the cut.

    Raises:
        UnreadableTraffic: it has no such items.
    """
    number = 0
    try:
        for number, item in enumerate(items, 1):
            yield read(item, f"{what} {number}")
    except NoSuchList:
        raise
    except UnreadableTraffic as error:
        broken = "cut off" if isinstance(error, CutOff) else "unreadable"
        yield Refused(f"{what} {number + 1}", f"the file is {broken} here: {error.problem}")


def mapping(value: object, what: str) -> Mapping[str, Any]:
    """Return an object.

    Raises:
        UnreadableTraffic: it is something else.
    """
    if not isinstance(value, dict):
        raise UnreadableTraffic(f"{what} is {_kind(value)}, not an object")
    return value


def text(value: object, what: str) -> str:
    """Return a string.

    Raises:
        UnreadableTraffic: it is something else.
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        raise UnreadableTraffic(f"{what} is {_kind(value)}, not a string")
    return value


def status_of(value: object) -> int | None:
    """Return an HTTP status; 0 and nothing mean that no answer came.

    Raises:
        UnreadableTraffic: it is something else.
    """
    if isinstance(value, str) and value[:3].isascii() and value[:3].isdigit() and not value[3:4].isdigit():
        value = int(value[:3])  # "200 OK"
    if value is None or value in (0, "", -1):
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 100 <= value <= 999:
        raise UnreadableTraffic("its status is no HTTP status")
    return value


def headers_of(value: object) -> Headers:
    """Return headers that came as a list of names and values, of pairs, or as an object.

    Raises:
        UnreadableTraffic: they came as something else.
    """
    if value is None:
        return ()
    pairs: list[tuple[object, object]] = []
    if isinstance(value, dict):
        for name, several in value.items():
            pairs += [(name, each) for each in (several if isinstance(several, list) else [several])]
    elif isinstance(value, list):
        for each in value:
            if isinstance(each, dict):
                pairs.append((each.get("name"), each.get("value")))
            elif isinstance(each, list) and len(each) == 2:
                pairs.append((each[0], each[1]))
            else:
                raise UnreadableTraffic(f"one of its headers is {_kind(each)}")
    else:
        raise UnreadableTraffic(f"its headers are {_kind(value)}")
    if len(pairs) > _MOST_HEADERS:
        raise UnreadableTraffic(f"it has more than {_MOST_HEADERS} headers")
    return tuple((text(name, "a header's name"), _header(each)) for name, each in pairs if not _is_pseudo(name))


def seconds_of(value: object) -> float | None:
    """Return unix seconds of a number, an ISO 8601 or an RFC 5322 date; None where it is none of them."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return _date(value)
        value = number
    if not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    if not math.isfinite(number):
        return None
    while number > _LATEST:
        number /= 1000
    return number if number > 0 else None


def _date(value: str) -> float | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = parse(value.strip())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        try:
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    return None


def _header(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    return str(value) if isinstance(value, int) and abs(value) < 10**18 else text(value, "a header's value")


def _is_pseudo(name: object) -> bool:
    """Say whether it is a line of HTTP/2 that is no header, as `:path`."""
    return isinstance(name, str) and name.startswith(":")


def _kind(value: object) -> str:
    kinds: dict[type, str] = {
        type(None): "missing",
        tuple: "missing",
        bool: "a boolean",
        int: "a number",
        float: "a number",
    }
    kinds |= {str: "a string", bytes: "bytes", list: "a list", dict: "an object"}
    return kinds.get(type(value), "something else")
