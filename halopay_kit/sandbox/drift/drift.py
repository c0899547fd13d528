"""Drift on purpose: answer as a HaloPay that changed without telling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox.drift.kinds import KINDS, RETYPED, Kind, Lines, Stage
from halopay_kit.sandbox.drift.places import Place, matching, places
from halopay_kit.signing import AppKey


class Drift:
    """Changes what goes out, by texts like `order.create.amount:renamed`, a place and a kind.

    A place is an operation (`order.create`), a webhook (`webhook.payment`), a field of either
    (`webhook.payment.amount`), `envelope`, `header` or `signature`; the last two are those of answers and webhooks.
    `*` and `webhook.*` stand for all operations and all webhooks, `*.chain` for a field wherever it is. A kind is one
    of `Drift.kinds()`; `retyped` is the one that turns a string into a number, a number into a string. What comes in
    is judged as ever. Signatures are right for the bytes that go out, unless the drift is about them.

    `app_key` returns the AppKey's text; `signature:prose-reading` needs it.

    Several apply in the order of the table.

    Raises:
        ConfigurationError: a text that names no place, no kind, a kind that does not apply there, or that excludes
            another one.
    """

    def __init__(self, kinds: Sequence[str] = (), *, app_key: Callable[[], str | AppKey] | None = None) -> None:
        if isinstance(kinds, str) or not all(isinstance(text, str) for text in kinds):
            raise ConfigurationError("drift is a list of texts like order.create.amount:renamed")
        self._texts = tuple(kinds)
        asked: dict[tuple[Stage, str], list[Kind]] = {}
        found = sorted((pair for text in kinds for pair in _parse(text)), key=_rank)
        for kind, place in found:
            row = asked.setdefault((kind.stage, place.name), [])
            if row and kind.alone and kind not in row:
                raise ConfigurationError(f"{kind.name} and {row[0].name} cannot both be drifts of {place.name}")
            if kind not in row:
                row.append(kind)
        self._asked = asked
        self._fields = _by_owner(place for _, place in found if place.field)
        moved = {place: row for (stage, place), row in asked.items() if stage == "path"}
        self._moved = {places()[name].path: str(_applied(row, places()[name].path)) for name, row in moved.items()}
        self._back = {new: old for old, new in self._moved.items()}
        self._key = app_key
        prose = any(kind.name == "prose-reading" for kind in self._of("content", "signature"))
        if prose and app_key is not None and isinstance(app_key(), AppKey):
            raise ConfigurationError("signature:prose-reading needs the AppKey given as text")

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    @staticmethod
    def kinds() -> tuple[Kind, ...]:
        """Return the table of all kinds."""
        return KINDS

    @staticmethod
    def matrix() -> Iterator[tuple[str, str]]:
        """Yield every kind's name with every place that it applies to; `f"{place}:{kind}"` asks for it."""
        for kind in KINDS:
            for place in places().values():
                if kind.fits(place):
                    yield kind.name, place.name

    def path(self, path: str) -> str:
        """Return the spec's path of a request's path; nothing where an operation was and is no more."""
        return self._back.get(path, "" if path in self._moved else path)

    def answer(self, operation: str, envelope: dict[str, object]) -> dict[str, object]:
        """Return the envelope as it goes out."""
        if not self._asked:
            return envelope
        data = envelope.get("data")
        if isinstance(data, list):
            envelope = {**envelope, "data": [self._row(operation, row) for row in data]}
        elif isinstance(data, dict):
            envelope = {**envelope, "data": self._row(operation, data)}
        if envelope.get("code") != 0:
            envelope = _applied(self._of("refusal", operation), envelope)
        envelope = _applied(self._of("data", operation), envelope)
        return _applied(self._of("envelope", "envelope"), envelope)  # type: ignore[no-any-return]

    def headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return an answer's headers as they go out; signed over `signed_content`."""
        if not self._asked:
            return headers
        lines = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self._lines(lines)]

    def signed_content(self, body: bytes, timestamp: str) -> bytes | None:
        """Return what is signed for these bytes, or None where it is as documented.

        Raises:
            ConfigurationError: the prose reading, without the AppKey's text.
        """
        if not self._asked:
            return None
        sent = _applied(self._of("timestamp", "header"), timestamp).encode()
        content: bytes = body + sent
        for kind in self._of("content", "signature"):
            content = kind.change(body, sent, self._key_text)
        return content

    def event(self, webhook: str, fields: dict[str, object]) -> dict[str, object]:
        """Return a webhook's body as it goes out; `webhook` is `payment` or the like."""
        if not self._asked:
            return fields
        return self._row(f"webhook.{webhook.removeprefix('webhook.').replace('-', '_')}", fields)

    def event_headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Return a webhook's headers as they go out; signed over `signed_content`."""
        if not self._asked:
            return headers
        spelled = {name.lower(): name for name in headers}
        lines = self._lines([(name.lower(), value) for name, value in headers.items()])
        return {spelled.get(name, name.title()): value for name, value in lines}

    def _row(self, owner: str, fields: dict[str, object]) -> dict[str, object]:
        row = dict(fields)
        for stage in ("value", "name"):
            for field in self._fields.get(owner, ()):
                if field in fields:
                    row = self._field(stage, f"{owner}.{field}", row)
        return _applied(self._of("row", owner), row)  # type: ignore[no-any-return]

    def _field(self, stage: Stage, place: str, row: dict[str, Any]) -> dict[str, Any]:
        name = places()[place].field
        for kind in self._of(stage, place):
            if name in row:
                row = kind.change(row, name) if stage == "name" else {**row, name: kind.change(row[name])}
        return row

    def _lines(self, lines: Lines) -> Lines:
        stamp, sign = self._of("timestamp", "header"), self._of("sign", "signature")
        changes = {"x-timestamp": stamp, "x-sign": sign}
        lines = [(name, _applied(changes.get(name, ()), value)) for name, value in lines]
        return _applied(self._of("header", "header"), lines)  # type: ignore[no-any-return]

    def _of(self, stage: Stage, place: str) -> Sequence[Kind]:
        return self._asked.get((stage, place), ())

    def _key_text(self) -> bytes:
        text = None if self._key is None else self._key()
        if not isinstance(text, str):
            raise ConfigurationError("signature:prose-reading needs the AppKey given as text")
        return text.encode()


def _applied(kinds: Iterable[Kind], value: Any) -> Any:
    for kind in kinds:
        value = kind.change(value)
    return value


def _rank(found: tuple[Kind, Place]) -> int:
    return 0 if found[0] is RETYPED else KINDS.index(found[0])


def _by_owner(fields: Iterable[Place]) -> Mapping[str, Sequence[str]]:
    owned: dict[str, list[str]] = {}
    for place in fields:
        names = owned.setdefault(place.owner, [])
        if place.field not in names:
            names.append(place.field)
    return owned


def _parse(text: str) -> list[tuple[Kind, Place]]:
    pattern, colon, name = text.rpartition(":")
    if not colon:
        raise ConfigurationError(f"{text!r} is no drift", advice="Say place:kind, as in order.create.amount:renamed.")
    found = matching(pattern)
    if not found:
        raise ConfigurationError(f"there is no place {pattern!r}", advice=_allowed_places(pattern))
    pairs = [(kind, place) for place in found for kind in _kinds(name, place)]
    if not pairs:
        names = dict.fromkeys(kind.name for kind in KINDS for place in found if kind.fits(place))
        raise ConfigurationError(f"{name!r} is no drift of {pattern}", advice=f"There are {', '.join(names)}.")
    return pairs


def _kinds(name: str, place: Place) -> list[Kind]:
    fitting = [kind for kind in KINDS if kind.may_fit(place)]
    if name == "retyped" and place.corrected and place.field:
        return [RETYPED]
    if name == "retyped":
        return [kind for kind in fitting if kind.name in {"retyped-number", "retyped-text"}]
    return [kind for kind in fitting if kind.name == name]


def _allowed_places(pattern: str) -> str:
    owner = pattern.rpartition(".")[0]
    fields = [place.name for place in places().values() if owner and place.owner == owner]
    owners = [place.name for place in places().values() if not place.field]
    return f"There are {', '.join(fields or [*owners, '*', 'webhook.*'])}" + ("." if fields else ", and their fields.")
