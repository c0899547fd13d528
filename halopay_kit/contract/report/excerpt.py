"""What was seen, as a shape: names, types, lengths and listed values, nothing that could be somebody's data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from halopay_api import codec
from halopay_kit.contract.exchange import Delivery, Exchange, Headers
from halopay_kit.contract.finding import Finding
from halopay_kit.contract.report.masking import Masking
from halopay_kit.contract.report.spec_words import listed_values

_DEEPEST: Final = 8
_MOST_LINES: Final = 80
_LONGEST_NAME: Final = 80
_CONTEXT: Final = 6  # lines that stand around what a finding is about
# Headers whose values are nobody's data; of the others only that they are there is told.
_OPEN: Final = frozenset({"content-type", "content-length", "content-encoding", "x-timestamp", "x-eventtype", "date"})


@attrs.frozen
class Line:
    """One line of a shape; `is_hot` where it is what the finding is about."""

    indent: int
    text: str
    is_hot: bool = False


@attrs.frozen(kw_only=True)
class Excerpt:
    """One piece of evidence."""

    ref: str
    title: str
    headers: tuple[Line, ...]
    body: tuple[Line, ...]


def excerpt(ref: str, what: Exchange | Delivery, finding: Finding, masking: Masking) -> Excerpt:
    """Return the shape of an answer or a webhook."""
    hot = _hot_names(finding)
    if isinstance(what, Exchange):
        status = f"HTTP {what.status}" if what.status is not None else f"no answer: {what.error or 'not known why'}"
        title = f"{what.operation or 'a path that the spec does not have'} · {status}"
        if what.expects is not None and what.expects.why:
            title += f" · {what.expects.why}"
        headers, body = what.answer_headers, what.answer_body
    else:
        title = f"{what.webhook or 'a webhook that the spec does not have'}"
        if what.answered:
            title += f" · answered {what.answered!r}"
        headers, body = what.headers, what.body
    return Excerpt(
        ref=ref,
        title=masking.text(title),
        headers=tuple(_headers(masking.headers(headers), hot)),
        body=tuple(_around(list(_body(body, hot, masking)))),
    )


def shown(value: object) -> str:
    """Return a value of `seen` in words."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{name} → {shown(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(shown, value))
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _hot_names(finding: Finding) -> frozenset[str]:
    parts = {finding.place.rpartition(".")[2]}
    parts |= {value for name, value in finding.seen.items() if name in ("name", "into") and isinstance(value, str)}
    names = finding.seen.get("names")
    if isinstance(names, Mapping):
        parts |= {str(value) for value in names.values()}
    return frozenset(part.lower() for part in parts)


def _headers(headers: Headers, hot: frozenset[str]) -> Iterator[Line]:
    for name, value in headers[:40]:
        told = _cut(value) if name.lower() in _OPEN else "…"
        yield Line(0, f"{_cut(name)}: {told}", name.lower() in hot)


def _body(body: bytes | None, hot: frozenset[str], masking: Masking) -> Iterator[Line]:
    if body is None:
        yield Line(0, "no body was recorded")
        return
    try:
        value = codec.parse(body)
    except codec.DecodeError as error:
        yield Line(0, f"{len(body)} bytes, {error.problems[0]}", is_hot=True)
        return
    yield from _shape(masking.value(value), "", 0, hot, is_hot=False, comma="")


def _shape(value: Any, name: str, depth: int, hot: frozenset[str], *, is_hot: bool, comma: str) -> Iterator[Line]:
    before = f'"{_cut(name)}": ' if name else ""
    if isinstance(value, dict) and value and depth < _DEEPEST:
        yield Line(depth, f"{before}{{", is_hot)
        rest = len(value)
        for key, inner in value.items():
            rest -= 1
            yield from _shape(inner, key or " ", depth + 1, hot, is_hot=key.lower() in hot, comma="," if rest else "")
        yield Line(depth, f"}}{comma}", is_hot)
    elif isinstance(value, list) and value and depth < _DEEPEST:
        yield Line(depth, f"{before}[", is_hot)
        yield from _shape(value[0], "", depth + 1, hot, is_hot=False, comma="")
        if len(value) > 1:
            yield Line(depth + 1, f"… {len(value) - 1} more")
        yield Line(depth, f"]{comma}", is_hot)
    else:
        yield Line(depth, f"{before}{_leaf(value, name)}{comma}", is_hot)


def _leaf(value: object, name: str) -> str:
    if isinstance(value, bool) or value is None:
        return shown(value)
    if isinstance(value, str):
        if not value or value in listed_values():
            return f'"{value}"'
        return f"string of {len(value)}"
    if isinstance(value, int):
        digits = len(str(abs(value)))
        return str(value) if name == "code" and digits < 8 else f"integer of {digits} digit{'s' * (digits > 1)}"
    if isinstance(value, dict | list):
        return ("{}" if isinstance(value, dict) else "[]") if not value else "…"
    return "number with a fraction"


def _around(lines: list[Line]) -> Iterator[Line]:
    """Yield what fits on a page: all of it, or what stands around what the finding is about."""
    if len(lines) <= _MOST_LINES:
        yield from lines
        return
    hot = [index for index, line in enumerate(lines) if line.is_hot][:3] or [0]
    near = {index for each in hot for index in range(each - _CONTEXT, each + _CONTEXT + 1)}
    last = -1
    for index, line in enumerate(lines):
        if index not in near:
            continue
        if index != last + 1:
            yield Line(0, "⋮")
        yield line
        last = index
    if last != len(lines) - 1:
        yield Line(0, "⋮")


def _cut(text: str) -> str:
    plain = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[:_LONGEST_NAME]}…"
