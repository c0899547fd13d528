"""What lists of the spec learn: values, result codes, headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from halopay_kit.contract.overlay.described import UNKNOWN
from halopay_kit.contract.overlay.desk import Desk, class_name
from halopay_kit.contract.overlay.nodes import Path
from halopay_kit.errors import OverlayRefused

if TYPE_CHECKING:
    from halopay_kit.contract.finding import Finding


def add_values(desk: Desk, finding: Finding, path: Path) -> bool:
    """List the values that came."""
    seen = finding.seen
    values: dict[Any, str] = {
        value: f"as {listed}, in another case; not documented" for value, listed in seen.get("values", {}).items()
    }
    if "value" in seen:
        values[seen["value"]] = "not documented"
    return list_values(desk, path, values, finding.says)


def add_code(desk: Desk, finding: Finding, path: Path) -> bool:
    """List a result code; what it says of a call that moves money is not known, and said so."""
    code = finding.seen.get("code")
    if type(code) is not int:
        raise OverlayRefused("a result code that is no number")
    row = {
        "name": f"CODE_{code}" if code >= 0 else f"CODE_MINUS_{-code}",
        "meaning": "not documented",
        "outcome": "unknown",
        "advice": "Not documented. Query the order or payout before you try again.",
        "x-provenance": "observed",
    }
    desk.remark(
        finding.place,
        finding.says,
        "Find out what it means: until then a call that creates or moves money counts as neither done nor not done.",
        finding.evidence,
    )
    return desk.update(path, {"enum": [code], "x-values": {str(code): row}}, finding.says)


def add_header(desk: Desk, finding: Finding, path: Path) -> bool:
    """Describe a header of answers and webhooks, on the sides where it was seen."""
    name = "-".join(part.capitalize() for part in str(finding.seen.get("name")).split("-"))
    if not re.fullmatch(r"[A-Za-z0-9-]{1,60}", name):
        raise OverlayRefused("a header whose name is not shown")
    component = class_name(name)
    sides = {evidence[:1] for evidence in finding.evidence} or {"x", "d"}
    schema = {"required": False, "description": UNKNOWN, "schema": {"type": "string"}, **desk.mark}
    changed = False
    if "x" in sides:
        changed = desk.update(path, {component: schema}, finding.says)
        reference = {name: {"$ref": f"#/components/headers/{component}"}}
        for operation in desk.document.get("paths", {}):
            changed = (
                desk.update(("paths", operation, "post", "responses", "200", "headers"), reference, finding.says)
                or changed
            )
    if "d" in sides:
        parameter: dict[str, Any] = {"name": name, "in": "header", **schema}
        changed = desk.update(("components", "parameters"), {component: parameter}, finding.says) or changed
        listed = [{"$ref": f"#/components/parameters/{component}"}]
        for webhook in desk.document.get("webhooks", {}):
            changed = desk.update(("webhooks", webhook, "post", "parameters"), listed, finding.says) or changed
    return changed


def list_values(desk: Desk, path: Path, values: Mapping[Any, str], why: str) -> bool:
    """Add values with their meanings to an enum; one has a name where none can be made of it that is free."""
    listed = desk.at(path)
    told = listed.get("x-values", {})
    taken = {told.get(str(other), {}).get("name") or constant(str(other)) for other in listed.get("enum", ())}
    rows: dict[str, dict[str, str]] = {}
    fresh = [value for value in values if value not in listed.get("enum", (value,))]
    for value in fresh:
        if not isinstance(value, str | int) or (isinstance(value, str) and value.startswith("(")):
            raise OverlayRefused("a value that is not shown, as it may be somebody's data")
        own = constant(str(value))
        name, number = own or ("EMPTY" if value == "" else "OTHER"), 2
        stem = name
        while name in taken:
            name, number = f"{stem}_{number}", number + 1
        taken.add(name)
        rows[str(value)] = {
            **({} if name == own else {"name": name}),
            "meaning": values[value],
            "x-provenance": "observed",
        }
    return bool(fresh) and desk.update(path, {"enum": fresh, "x-values": rows}, why)


def constant(text: str) -> str:
    """Return what the generated code would call a value, "" where it needs a name."""
    made = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").upper() if text.isascii() else ""
    return f"V_{made}" if made[:1].isdigit() else made
