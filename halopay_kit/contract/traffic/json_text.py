"""A JSON document read piece by piece: one entry of it is in memory at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, TextIO

from halopay_kit.contract.traffic.opened import LONGEST
from halopay_kit.errors import UnreadableTraffic

_CHUNK: Final = 1024 * 1024
_SPACE: Final = " \t\r\n\ufeff"
_NEAR_THE_END: Final = 16  # what a cut escape or literal is complained of at most before the end of what is there
_STEP = re.compile(r'[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
_SCALAR_END = ",]} \t\r\n"


class CutOff(UnreadableTraffic):
    """The document ends before its end."""


class NoSuchList(UnreadableTraffic):
    """The document is read to its end, and the list that was looked for is not in it."""


class Broken:
    """An item that is not readable; `reason` says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class JsonText:
    """Walks through a document; each method goes on from where the last one ended."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text = ""
        self._at = 0
        self._before = 0
        self._ended = False
        self._decode = json.JSONDecoder(strict=False).raw_decode

    @property
    def position(self) -> int:
        """Count the characters that were read."""
        return self._before + self._at

    def peek(self) -> str:
        """Return the next character that is no white space, "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def take(self, expected: str) -> str:
        """Go on behind the next character, which is one of `expected`.

        Raises:
            UnreadableTraffic: it is another one, or there is none.
        """
        found = self.peek()
        if not found:
            raise CutOff(f"cut off at character {self.position}")
        if found not in expected:
            raise UnreadableTraffic(f"not JSON at character {self.position}: {found!r}")
        self._at += 1
        return found

    def members(self) -> Iterator[str]:
        """Yield the names of an object; whoever gets one takes its value before the next."""
        self.take("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() != '"':
                self.take('"')
            yield str(self.value())
            if self.take(",}") == "}":
                return

    def listed(self, *path: Sequence[str]) -> Iterator[Any]:
        """Yield the items of the lists at a path from the top; each step of it has several names for one thing.

        Raises:
            NoSuchList: there is none.
        """
        found = False
        for step in self._at_path(path):
            found = True
            yield from step
        if not found:
            raise NoSuchList(f"it has no {'.'.join(names[0] for names in path)}")

    def _at_path(self, path: Sequence[Sequence[str]]) -> Iterator[Iterator[Any]]:
        (names, *rest) = path
        for name in self.members():
            self.member()
            if name not in names or self.peek() != ("{" if rest else "["):
                self.skip()
            elif rest:
                yield from self._at_path(rest)
            else:
                yield self.items()

    def member(self) -> None:
        """Go on to the value of the name that was yielded."""
        self.take(":")

    def items(self) -> Iterator[Any]:
        """Yield the items of a list, `Broken` for one that cannot be read.

        Raises:
            CutOff: the list does not end.
        """
        self.take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            try:
                yield self.value()
            except CutOff:
                raise
            except UnreadableTraffic as error:
                reason = error.problem
                self.skip()
                yield Broken(reason)
            if self.take(",]") == "]":
                return

    def value(self) -> Any:
        """Return the next value.

        Raises:
            CutOff: the document ends within it.
            UnreadableTraffic: it is not JSON, nested too deeply or too long; it was not gone behind.
        """
        if not self.peek():
            raise CutOff(f"cut off at character {self.position}")
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except RecursionError as error:
                raise UnreadableTraffic("it is nested too deeply") from error
            except json.JSONDecodeError as error:
                within = len(self._text) - error.pos < _NEAR_THE_END or error.msg.startswith("Unterminated string")
                if within and self._grow():
                    continue
                if within:
                    raise CutOff(f"cut off at character {self._before + len(self._text)}") from error
                raise UnreadableTraffic(f"not JSON at character {self._before + error.pos}: {error.msg}") from error
            except (ValueError, ArithmeticError) as error:
                raise UnreadableTraffic("it holds a number beyond all bounds") from error
            if end == len(self._text) and self._grow():
                continue  # a number may go on
            self._at = end
            return value

    def skip(self) -> None:
        """Go on behind the next value, well-formed or not, by its brackets alone.

        Raises:
            CutOff: the document ends within it.
            UnreadableTraffic: a string in it is too long.
        """
        depth = 0
        if self.peek() not in ("{", "[", '"', ""):
            while (found := self.peek()) and found not in _SCALAR_END:
                self._at += 1
            return
        while True:
            step = _STEP.match(self._text, self._at)
            if step is None:  # a string that has not ended here
                if not self._grow():
                    raise CutOff(f"cut off at character {self._before + len(self._text)}")
                continue
            self._at = step.end()
            first = step.group()[0]
            depth += (first in "[{") - (first in "]}")
            if depth <= 0 and first in '"]}':
                return

    def _grow(self) -> bool:
        """Read more of a value that has begun, in steps that grow with it."""
        if len(self._text) - self._at > LONGEST:
            raise UnreadableTraffic(f"it is longer than {LONGEST} characters")
        return self._more(keep=True)

    def _more(self, *, keep: bool = False) -> bool:
        if self._ended:
            return False
        rest = self._text[self._at :]
        chunk = self._file.read(max(_CHUNK, len(rest)) if keep else _CHUNK)
        self._ended = not chunk
        self._before += self._at
        self._text, self._at = rest + chunk, 0
        return bool(chunk)
