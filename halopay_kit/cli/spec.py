"""`halopay spec`: how well each part of HaloPay's wire is known."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import attrs
import click

from halopay_kit.cli import contradictions, output

_CONTRADICTIONS = "contradictions"
_MARKS = ("documented", "observed", "example", "skill", "inferred")


@attrs.frozen
class _Known:
    """One field of the wire and how well it is known."""

    part: str
    field: str
    provenance: str
    source: str


@click.command
@click.argument("part", required=False, shell_complete=lambda _ctx, _param, begun: _parts(begun))
@click.option(
    "--report",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With contradictions: what a contract run says of them, its report.json.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(part: str | None, report: Path | None, as_json: bool) -> None:
    """Show how well each part of HaloPay's wire is known: counts, or field by field for one PART.

    `contradictions` shows what HaloPay's documentation says twice, differently: who says what, what we follow, how the
    live API would settle it, and the verdict, once a contract run has looked.

    documented: in a table of HaloPay's documentation; observed: met on the wire, in no document; example: only inside
    an example; skill: stated by HaloPay's integration guide; inferred: our guess.

    \b
    halopay spec
    halopay spec order.create
    halopay spec webhook.payment --json
    halopay spec contradictions
    halopay spec contradictions --report out/report.json
    """
    if part == _CONTRADICTIONS:
        contradictions.show(report, as_json=as_json)
        return
    if report is not None:
        raise click.UsageError(f"--report goes with {_CONTRADICTIONS}.")
    known = list(_fields(_document()))
    parts = list(dict.fromkeys(each.part for each in known))
    if part is not None and part not in parts:
        raise click.UsageError(f"there is no {part!r}; there are {', '.join((*parts, _CONTRADICTIONS))}")
    if part is not None:
        rows = [each for each in known if each.part == part]
        if as_json:
            output.say_json([{"field": e.field, "provenance": e.provenance, "source": e.source} for e in rows])
        else:
            output.table([(e.field, e.provenance, e.source) for e in rows], ["field", "provenance", "source"])
        return
    counts = {name: Counter(each.provenance for each in known if each.part == name) for name in parts}
    total = Counter(each.provenance for each in known)
    if as_json:
        output.say_json(
            {name: {mark: count[mark] for mark in _MARKS} for name, count in (*counts.items(), ("total", total))}
        )
        return
    output.table(
        [(name, *(count[mark] for mark in _MARKS)) for name, count in (*counts.items(), ("total", total))],
        ["part", *_MARKS],
    )


def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(files("halopay_api").joinpath("openapi.json").read_text("utf-8"))
    return document


def _parts(begun: str) -> list[str]:
    parts = {_CONTRADICTIONS, *(each.part for each in _fields(_document()))}
    return sorted(part for part in parts if part.startswith(begun))


def _fields(document: dict[str, Any]) -> Iterator[_Known]:
    for item in document["paths"].values():
        operation = item["post"]
        answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
        name = operation["operationId"]
        yield from _properties(
            document, name, "request.", operation["requestBody"]["content"]["application/json"]["schema"]
        )
        yield from _properties(document, name, "", answer)
    for item in document["webhooks"].values():
        webhook = item["post"]
        for parameter in webhook["parameters"]:
            header = _resolved(document, parameter)
            yield _Known(webhook["operationId"], header["name"], header["x-provenance"], header["x-source"])
        yield from _properties(
            document, webhook["operationId"], "", webhook["requestBody"]["content"]["application/json"]["schema"]
        )


def _properties(
    document: dict[str, Any], part: str, prefix: str, schema: dict[str, Any], at_best: str = _MARKS[0]
) -> Iterator[_Known]:
    """Yield the fields of a schema; one that it only inherits is known no better than the schema itself."""
    schema = _resolved(document, schema)
    for base in schema.get("allOf", ()):
        yield from _properties(document, part, prefix, base, schema["x-provenance"])
    for name, described in schema.get("properties", {}).items():
        mark = max(described["x-provenance"], at_best, key=_MARKS.index)
        yield _Known(part, prefix + name, mark, described["x-source"])
        yield from _properties(document, part, f"{prefix}{name}.", described.get("items", described))


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    found: Any = document
    if "$ref" not in schema:
        return schema
    for step in schema["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return {**found, **{name: value for name, value in schema.items() if name != "$ref"}}
