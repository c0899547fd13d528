"""What went wrong with an event, as text that may be kept: frames and messages, and no secret."""

from __future__ import annotations

import re
from collections.abc import Iterable
from traceback import FrameSummary, TracebackException
from types import TracebackType

from halopay_kit import signing
from halopay_kit.errors import CommandFailed

LONGEST = 8000  # characters of an error that are kept; its beginning and its end
_MASK = "***"

_NAMED = r"x[-_ ]?sign|app[-_ ]?keys?|authorization|cookie|secret|passw(?:or)?d|api[-_ ]?key|google_code"
_VALUE = r"""b?"(?:[^"\\]|\\.)*"|b?'(?:[^'\\]|\\.)*'|(?:(?:Bearer|Basic)\s+)?[^\s,;&"'<>()\[\]{}]+"""
_SECRETS = (
    (re.compile(rf"""(app[-_ ]?key["']?\s+)(?:{_VALUE})""", re.IGNORECASE), rf"\1{_MASK}"),
    (re.compile(rf"""((?:{_NAMED})\w*["']?\s*(?:=>|[:=,]|\bis\b)\s*)(?:{_VALUE})""", re.IGNORECASE), rf"\1{_MASK}"),
    (re.compile(r"(app[-_]?keys\s*=\s*)\S+", re.IGNORECASE), rf"\1{_MASK}"),  # app=key,app=key
    (re.compile(r"(\w://[^\s:/@]*:)[^\s/]*(?=@)"), rf"\1{_MASK}"),
)


def told(error: BaseException, secrets: Iterable[str] = ()) -> str:
    """Return the traceback: files, lines, functions and messages, of causes too.

    It shows no locals, and no source either: a line of it may spell a key out. Of a command only what it said.
    """
    if isinstance(error, CommandFailed):
        return kept(str(error), secrets)
    told = TracebackException(type(error), error, _inside(error.__traceback__), lookup_lines=False)
    _forget_source(told)
    return kept("".join(told.format()), secrets)


def kept(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text as the inbox may keep it: without what is or looks like a secret, and not endless."""
    half, margin = LONGEST // 2, 1000  # or a secret would be cut in two, and not seen
    if len(text) <= LONGEST + 2 * margin:
        return _masked(text, secrets).strip()
    first, last = _masked(text[: half + margin], secrets), _masked(text[-half - margin :], secrets)
    return f"{first[:half]}\n…\n{last[-half:]}".strip()


def _masked(text: str, secrets: Iterable[str]) -> str:
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, _MASK)
    text = signing.hide(text)
    for pattern, mask in _SECRETS:
        text = pattern.sub(mask, text)
    return text.replace("\0", "\u2400").encode("utf-8", "backslashreplace").decode()


def _inside(trace: TracebackType | None) -> TracebackType | None:
    """Leave out the frames of the kit, which called what failed."""
    found = trace
    while found is not None and found.tb_frame.f_globals.get("__package__") == __package__:
        found = found.tb_next
    return found or trace


def _forget_source(told: TracebackException) -> None:
    waiting, seen = [told], {id(told)}
    while waiting:
        one = waiting.pop()
        for number, frame in enumerate(one.stack):
            one.stack[number] = FrameSummary(frame.filename, frame.lineno, frame.name, lookup_line=False, line="")
        if hasattr(one, "text"):  # of a SyntaxError
            one.text = None  # type: ignore[assignment]  # what it is where there is none
        for other in (one.__cause__, one.__context__, *(getattr(one, "exceptions", None) or ())):
            if other is not None and id(other) not in seen:
                seen.add(id(other))
                waiting.append(other)
