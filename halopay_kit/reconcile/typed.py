"""From whatever a column holds to exact values: SQL expressions for the value, and for what cannot be one.

Money becomes DECIMAL(38, 18), times become microseconds of unix time, words become HaloPay's. What does not fit is
found, never rounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import attrs

from halopay_kit.errors import ConfigurationError
from halopay_kit.reconcile.columns import KINDS, STATUSES, Column

MONEY = "DECIMAL(38, 18)"
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_WHOLE_TYPES = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
_HUGE = {"UBIGINT", "HUGEINT", "UHUGEINT"}
_FLOATS = {"FLOAT", "DOUBLE"}
_AMOUNT = r"-?[0-9]{1,20}(\.[0-9]{1,18}0*)?"
_ZONED = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)? ?(Z|z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)"
)
_NAIVE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?)?"
_UNIX = r"[0-9]{10}(\.[0-9]{1,6})?"

WHY: Mapping[str, str] = {
    "money": "is no plain decimal number that DECIMAL(38, 18) holds exactly, as 1234.56",
    "int": "is no whole number",
    "time": "is no time with a zone, as 2026-03-17T12:20:00Z",
    "status": "is no status that is known",
    "kind": "is neither payment nor payout",
    "text": "is empty",
}
ADVICE: Mapping[str, str] = {
    "money": "No thousands separators, no currency signs, no exponents; a point before the decimals.",
    "int": "Digits alone.",
    "time": "Say of which zone times without one are: --timezone, or timezone in the mapping file.",
    "status": 'Say in the mapping file what it means: [status] with a line as bezahlt = "PAID".',
    "kind": 'Say in the mapping file what it means: [kind] with a line as Auszahlung = "payout".',
    "text": "",
}


@attrs.frozen
class Typed:
    """A column as SQL: its value, and a condition for what cannot be one; None: every value can.

    `parsed`: it costs something to tell it again.
    """

    value: str
    bad: str | None
    parsed: bool = False


def typed(
    column: Column,
    at: str,
    kind: str,
    *,
    words: Mapping[str, str] | None = None,
    timezone: str | None = None,
    where: str,
) -> Typed:
    """Return a column as SQL; `at` is how SQL calls it, `kind` its type as DuckDB calls it.

    Raises:
        ConfigurationError: a type that holds no exact values.
    """
    if kind in _FLOATS and column.kind in ("money", "int", "text"):
        raise ConfigurationError(
            f"{where}: the column is {kind}, and a float holds no exact amount or number",
            advice="Write it as a decimal or as text.",
        )
    found = _MAKERS[column.kind](at, kind, words or {}, timezone)
    if column.empty:
        return found
    missing = f"({found.value}) IS NULL"
    return attrs.evolve(found, bad=missing if found.bad is None else f"({missing} OR {found.bad})")


_Maker = Callable[[str, str, Mapping[str, str], str | None], Typed]


def _text_of(at: str, kind: str) -> str:
    return f"nullif(trim({at}), '')" if kind == "VARCHAR" else f"CAST({at} AS VARCHAR)"


def _text(at: str, kind: str, _words: Mapping[str, str], _zone: str | None) -> Typed:
    return Typed(_text_of(at, kind), None)


def _money(at: str, kind: str, _words: Mapping[str, str], _zone: str | None) -> Typed:
    decimal = _DECIMAL.fullmatch(kind)
    if kind in _WHOLE_TYPES or (decimal and int(decimal[2]) <= 18 and int(decimal[1]) - int(decimal[2]) <= 20):
        return Typed(f"CAST({at} AS {MONEY})", None)
    text = f"CAST({at} AS VARCHAR)" if decimal or kind in _HUGE else _text_of(at, kind)
    bad = f"({text} IS NOT NULL AND NOT regexp_full_match({text}, '{_AMOUNT}'))"
    return Typed(f"CASE WHEN {bad} THEN NULL ELSE TRY_CAST({text} AS {MONEY}) END", bad, parsed=True)


def _int(at: str, kind: str, _words: Mapping[str, str], _zone: str | None) -> Typed:
    if kind in _WHOLE_TYPES:
        return Typed(f"CAST({at} AS BIGINT)", None)
    text = _text_of(at, kind)
    bad = f"({text} IS NOT NULL AND NOT regexp_full_match({text}, '[0-9]{{1,18}}'))"
    return Typed(f"TRY_CAST({text} AS BIGINT)", bad, parsed=True)


def _time(at: str, kind: str, _words: Mapping[str, str], zone: str | None) -> Typed:
    if kind == "TIMESTAMP WITH TIME ZONE":
        return Typed(f"epoch_us({at})", None)
    text = f"CAST({at} AS VARCHAR)" if kind != "VARCHAR" else _text_of(at, kind)
    zoned = f"epoch_us(TRY_CAST(replace(replace(upper({text}), 'UTC', '+00'), ' +', '+') AS TIMESTAMPTZ))"
    naive = "NULL"
    if zone is not None:
        local = f"TRY_CAST({text} AS TIMESTAMP)"
        moment = f"timezone('{zone}', {local})"
        # An hour that the clocks leave out does not come back; one that they show twice comes back from two moments.
        once = " AND ".join(
            f"timezone('{zone}', {moment} {sign} INTERVAL 1 HOUR) IS DISTINCT FROM {local}" for sign in "+-"
        )
        naive = f"CASE WHEN timezone('{zone}', {moment}) = {local} AND {once} THEN epoch_us({moment}) END"
    value = (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN regexp_full_match({text}, '{_UNIX}') "
        f"THEN CAST(TRY_CAST({text} AS DECIMAL(28, 6)) * 1000000 AS BIGINT) "
        f"WHEN regexp_full_match({text}, '{_ZONED}') THEN {zoned} "
        f"WHEN regexp_full_match({text}, '{_NAIVE}') THEN {naive} END"
    )
    return Typed(value, f"({text} IS NOT NULL AND ({value}) IS NULL)", parsed=True)


def _word(known: Mapping[str, str]) -> _Maker:
    def make(at: str, kind: str, words: Mapping[str, str], _zone: str | None) -> Typed:
        text = _text_of(at, kind)
        plain = f"replace(replace(lower({text}), '_', '-'), ' ', '-')"
        whens = [
            f"WHEN lower({text}) = {_literal(word.strip().lower())} THEN {_literal(meant)}"
            for word, meant in words.items()
        ]
        whens += [f"WHEN {plain} = {_literal(word)} THEN {_literal(meant)}" for word, meant in known.items()]
        value = f"CASE {' '.join(whens)} END"
        return Typed(value, f"({text} IS NOT NULL AND ({value}) IS NULL)")

    return make


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_MAKERS: Mapping[str, _Maker] = {
    "text": _text,
    "money": _money,
    "int": _int,
    "time": _time,
    "status": _word(STATUSES),
    "kind": _word(KINDS),
}
