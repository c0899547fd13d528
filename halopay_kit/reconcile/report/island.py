"""The rows of the page's table as JSON that its script reads: by column, what repeats is written once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from markupsafe import Markup

from halopay_kit.reconcile.classes import CLASSES
from halopay_kit.reconcile.report.wording import AGES
from halopay_kit.reconcile.result import Break, name_of
from halopay_kit.reconcile.sentences import plain

_TEXT: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def island(groups: Sequence[tuple[str, Sequence[Break]]], page: int) -> Markup:
    """Return the JSON of all rows, safe inside a script element; each row knows the name of its group."""
    columns: dict[str, list[Any]] = {}
    rows = 0
    for group, breaks in groups:
        rows += len(breaks)
        for each in breaks:
            for name, value in _row(group, each).items():
                columns.setdefault(name, []).append(value)
    told = {
        "rows": rows,
        "page": page,
        "ages": [[each.label, each.since, each.until] for each in AGES],
        "classes": {
            name: {"title": each.title, "severity": each.severity, "remedy": each.remedy.replace("`", "")}
            for name, each in CLASSES.items()
        },
        "columns": {name: _coded(values) for name, values in columns.items()},
    }
    return Markup(json.dumps(told, separators=(",", ":")).translate(_TEXT))  # noqa: S704  # nothing of HTML is left in it


def _row(group: str, each: Break) -> dict[str, Any]:
    return {
        "group": group,
        "class": each.class_,
        "kind": each.kind,
        "news": each.news,
        "app": each.app_id or "",
        "out": each.out_trade_no or "",
        "trade": each.trade_no or "",
        "tx": each.txid or "",
        "currency": name_of(each),
        "stake": plain(each.at_stake),
        "ledger": "" if each.ledger_amount is None else plain(each.ledger_amount),
        "gateway": "" if each.gateway_amount is None else plain(each.gateway_amount),
        "booked": each.ledger_status or "",
        "status": each.gateway_status or "",
        "at": None if each.at is None else int(each.at),
        "age": None if each.age is None else int(each.age),
        "sentence": each.sentence,
        "events": " ".join(map(str, each.events)),
        "entries": " ".join(each.entries),
        "payouts": " ".join(each.payouts),
        "id": each.id,
    }


def _coded(values: list[Any]) -> Any:
    places: dict[Any, int] = {}
    codes = [places.setdefault(value, len(places)) for value in values]
    return values if len(places) * 2 > len(values) else {"v": list(places), "i": codes}
