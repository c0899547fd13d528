"""Tables and examples of the test site, each in one of the layouts that HaloPay uses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from tests.codegen.docs.parts import Grid
from tests.codegen.docs.wire import Row
from tests.codegen.docs.wording import Wording


@attrs.frozen
class Layout:
    """Columns in their order, how types are written, and which yes and no."""

    columns: tuple[str, ...]
    written: Mapping[str, str]
    style: int = 0
    listed: str = "{said} {values}"
    between: str = "/"

    @property
    def tight(self) -> Layout:
        """The same table with columns that can be told apart when nothing stands between them."""
        names = [column for column in self.columns if column not in ("example", "value", "description")]
        shown = [column for column in ("example", "value") if column in self.columns]
        return attrs.evolve(self, columns=(*names, "description", *shown))


_LOWER = {"string": "string", "integer": "int", "int64": "int64", "array": "array", "object": "object"}
_UPPER = {"string": "String", "integer": "Integer", "int64": "int64", "array": "Array", "object": "Object"}
_PLAIN = {"string": "string", "integer": "integer", "int64": "integer", "array": "array", "object": "Object"}

REQUESTS = {
    ("hosted", 0): Layout(("field", "type", "required", "description", "example"), _LOWER),
    ("native", 0): Layout(("parameter", "type", "required", "description", "example"), _UPPER, 2, "{said} ({values})"),
    ("native", 1): Layout(("name", "required", "type", "description"), _LOWER, 1, between=" / "),
    ("native", 2): Layout(("field", "type", "required", "description"), _LOWER),
}
RESPONSES = (
    Layout(("field", "type", "description"), _UPPER, listed="{said} {values}"),
    Layout(("field", "type", "description", "example"), _PLAIN),
    Layout(("name", "type", "example", "description"), _UPPER, listed="{said} ({values})"),
)
WEBHOOKS = {
    "payment": Layout(("name", "type", "required", "description"), _PLAIN, 0, "{said} ({values})"),
    "payout": Layout(("field", "type", "description", "value"), _UPPER),
}
CONTENT_TYPE = "application/json"


@attrs.frozen
class Tables:
    """Makes the tables of a site in one language."""

    spec: Mapping[str, Any]
    wording: Wording
    tight: bool = False

    def fields(self, rows: Sequence[Row], layout: Layout, named: str = "{}") -> Grid:
        """Make a table of fields."""
        layout = layout.tight if self.tight else layout
        cells = tuple(tuple(self._cell(row, column, layout, named) for column in layout.columns) for row in rows)
        return Grid(self.wording.head(*layout.columns), cells)

    def answer(self, rows: Sequence[Row], layout: Layout, *, many: bool, whole: bool) -> Grid:
        """Make a table of an answer: `data.x`, and with `whole` what is around it, too."""
        inner = self.fields(rows, layout, "data[].{}" if many else "data.{}")
        if not whole:
            return inner
        around = (
            Row("code", ("integer",), "", True, "0 means success.", (), 0),
            Row("msg", ("string",), "", True, "A message for people.", (), "success"),
            Row("data", ("array" if many else "object",), "", True, "The answer.", (), ""),
        )
        return Grid(inner.head, (*self.fields(around, layout).rows, *inner.rows))

    def _cell(self, row: Row, column: str, layout: Layout, named: str) -> str:
        match column:
            case "field" | "name" | "parameter":
                return f"`{named.format(row.name)}`"
            case "type":
                kind = "int64" if row.format == "int64" and row.kind == "integer" else row.kind
                return layout.written.get(kind, row.kind)
            case "required":
                return self.wording.required(row.required, layout.style)
            case "description" if row.values:
                values = layout.between.join(row.values)
                return layout.listed.format(said=self.wording.told(row.description), values=values)
            case "description":
                return self.wording.told(row.description)
        return str(row.example) if isinstance(row.example, str | int) else json.dumps(row.example)

    def headers(
        self,
        *,
        timestamp: str = "string",
        content_type: bool = False,
        columns: tuple[str, ...] = ("header", "type", "required", "description"),
    ) -> Grid:
        """Make a table of the headers that every call has."""
        schemes = self.spec["components"]["securitySchemes"].values()
        rows = [self._header(one, columns, timestamp) for one in schemes]
        if content_type:
            named = {"name": "content-type", "description": CONTENT_TYPE}
            rows.append(self._header(named, columns, timestamp))
        return Grid(self.wording.head(*columns), tuple(rows))

    def webhook_headers(self) -> Grid:
        """Make the table of a webhook's headers."""
        columns = ("header", "type", "required", "description", "example")
        found = self.spec["components"]["parameters"].values()
        return Grid(self.wording.head(*columns), tuple(self._header(one, columns, "string") for one in found))

    def _header(self, node: Mapping[str, Any], columns: Sequence[str], timestamp: str) -> tuple[str, ...]:
        said = node["description"] if node["description"] == CONTENT_TYPE else self.wording.told(node["description"])
        if node["name"] == "X-Timestamp":
            said = self.wording.valid(self.spec["x-signature"]["tolerance-seconds"] // 60, node["description"])
        cells = {
            "header": node["name"],
            "name": node["name"],
            "type": timestamp if node["name"] == "X-Timestamp" else "string",
            "required": self.wording.required(bool(node.get("required", True)), 0),
            "description": said,
            "example": _HEADERS.get(node["name"], "x"),
        }
        return tuple(cells[column] for column in columns)

    def codes(self) -> Grid:
        """Make the table of result codes."""
        node = self.spec["components"]["schemas"]["ResultCode"]
        said = node["x-values"]
        rows = [(str(code), said[str(code)]["meaning"]) for code in node["enum"]]
        return Grid(
            self.wording.head("code", "description"), tuple((code, self.wording.told(text)) for code, text in rows)
        )

    def statuses(self) -> Grid:
        """Make the table of statuses, of payments and payouts alike."""
        payment, payout = (self.spec["components"]["schemas"][name] for name in ("PaymentStatus", "PayoutStatus"))
        said = {**payout["x-values"], **payment["x-values"]}
        return Grid(
            self.wording.head("status", "description"), tuple((value, said[value]["meaning"]) for value in said)
        )


_HEADERS = {
    "X-Appid": "ad4cyr8dpfs9j2u1",
    "X-Timestamp": "1773471015",
    "X-Sign": "490a7bd0791a7f1aca49f84374db3ec68d4150bc93605302c0c78e35e56683d9",
    "X-EventType": "Paid",
}


def body(rows: Sequence[Row]) -> dict[str, Any]:
    """Return an example: what must be there, and what spec/examples has."""
    return {row.name: row.example for row in rows if row.required or row.exemplary}


def shown(rows: Sequence[Row]) -> str:
    """Write an example of a request."""
    return json.dumps(body(rows), indent=2, ensure_ascii=False)


def wrapped(rows: Sequence[Row], *, many: bool) -> str:
    """Write an example of an answer."""
    inner = body(rows)
    return json.dumps({"code": 0, "msg": "success", "data": [inner] if many else inner}, indent=2, ensure_ascii=False)


def remarked(rows: Sequence[Row]) -> str:
    """Write an example of a webhook, with the remark that makes it no JSON behind a status."""
    lines = shown(rows).split("\n")
    for row in rows:
        if row.values:
            lines = [
                f"{line} ({'/'.join(row.values)})" if line.strip().startswith(f'"{row.name}":') else line
                for line in lines
            ]
    return "\n".join(lines)


def brief(seconds: int) -> str:
    """Write a duration as HaloPay does: 5s, 3m, 24h3m50s; what is below two hours and full minutes, in minutes."""
    if seconds % 60 == 0 and seconds <= 3600:
        return f"{seconds // 60}m"
    hours, minutes, rest = seconds // 3600, seconds % 3600 // 60, seconds % 60
    return "".join(f"{size}{unit}" for size, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if size)
