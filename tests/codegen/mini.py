"""A small spec that has one of everything, and ways to change it."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from codegen import document, formatting, render

KNOWN = {"x-provenance": "documented", "x-source": "page#1"}
GUESSED = {"x-provenance": "inferred", "x-source": "page#1"}


def _field(**schema: Any) -> dict[str, Any]:
    return {"description": "A field.", **schema, **KNOWN}


def _ref(name: str, **beside: Any) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", **(beside or KNOWN)}


def _body(name: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


def _operation(name: str, request: str, answer: str) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": "Do it.",
        "x-effect": "creates",
        **KNOWN,
        "requestBody": {"required": True, **_body(request)},
        "responses": {"200": {"description": "It.", **_body(answer)}},
    }


def _object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "description": "A thing.", **KNOWN, **more, "properties": properties}


def _answer(data: dict[str, Any]) -> dict[str, Any]:
    body = {"type": "object", "properties": {"data": data}}
    return {"type": "object", "allOf": [{"$ref": "#/components/schemas/Envelope"}, body], **KNOWN}


MINI: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Mini", "version": "1"},
    "tags": [{"name": "thing", "description": "Things."}],
    "x-signature": {"tolerance-seconds": 120},
    "x-effects": {"creates": {"retry": False, "description": "Creates."}},
    "x-webhook-delivery": {
        "retry-after-seconds": [5, 15],
        "acknowledgement": {"body": "Success"},
        "routes": [{"webhook": "thing", "type": "MADE", "x-provenance": "documented"}],
    },
    "paths": {
        "/api/thing/create": {"post": _operation("thing.create", "ThingCreateRequest", "ThingCreateAnswer")},
        "/api/thing/list-all": {"post": _operation("thing.list_all", "ThingListRequest", "ThingListAnswer")},
    },
    "webhooks": {
        "thing": {
            "post": {
                "operationId": "webhook.thing",
                "requestBody": _body("ThingEvent"),
                "responses": {"200": {"description": "Taken.", "content": {"text/plain": {"schema": _ref("Word")}}}},
            }
        }
    },
    "components": {
        "schemas": {
            "Word": {"type": "string", **KNOWN},
            "Envelope": _object({"code": _ref("ResultCode"), "msg": _field(type="string")}, required=["code", "msg"]),
            "ResultCode": {
                "type": "integer",
                "enum": [0, 7],
                **KNOWN,
                "x-values": {
                    "0": {"name": "SUCCESS", "outcome": "done"},
                    "7": {"name": "BAD_FIELD", "outcome": "not-done", "advice": "Mend it."},
                },
            },
            "Colour": {
                "type": "string",
                "description": "Colours.",
                "enum": ["RED", "light-blue"],
                **KNOWN,
                "x-values": {"RED": {"meaning": "red"}},
            },
            "Part": _object({"size": _field(type="integer"), "weight": _field(type="string", format="decimal")}),
            "ThingCreateRequest": _object(
                {
                    "out_trade_no": _field(type="string", minLength=1),
                    "amount": _field(type="string", format="decimal", pattern=r"^[0-9]{1,20}(\.[0-9]{1,2})?$"),
                    "colour": _ref("Colour"),
                    "count": _field(type="integer", minimum=1),
                    "when": _field(type=["integer", "string"]),
                    "code": _field(type="string", format="password", pattern="^[0-9]{6}$"),
                    "loud": _field(type="boolean"),
                },
                required=["out_trade_no"],
                **{"x-kit-requires": ["count"], "x-kit-requires-one-of": ["amount", "when"]},
            ),
            "Item": _object(
                {
                    "trade_no": _field(type="string"),
                    "amount": _field(type="string", format="decimal"),
                    "colour": _ref("Colour"),
                    "count": _field(type="integer", format="int64"),
                    "done": _field(type="boolean"),
                    "part": _ref("Part"),
                    "parts": _field(type="array", items={"$ref": "#/components/schemas/Part"}),
                    "guess": {"type": "string", "format": "decimal", **GUESSED},
                    "guesses": _ref("Part", **GUESSED),
                },
                required=["trade_no", "amount"],
            ),
            "ThingCreateAnswer": _answer(_ref("Item")),
            "ThingListRequest": _object({}),
            "ThingListAnswer": _answer(_field(type="array", items={"$ref": "#/components/schemas/Item"})),
            "ThingEvent": _object({"type": _ref("Colour"), "trade_no": _field(type="string")}, required=["trade_no"]),
        }
    },
}

REMOVED = object()


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """Return the small spec with other values at some JSON pointers."""
    spec = copy.deepcopy(MINI)
    for pointer, value in changes.items():
        *above, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
        node: Any = spec
        for key in above:
            node = node[int(key)] if isinstance(node, list) else node.setdefault(key, {})
        if value is REMOVED:
            del node[last]
        elif isinstance(node, list):
            node[int(last)] = value
        else:
            node[last] = value
    return spec


def dump(spec: dict[str, Any]) -> bytes:
    """Write a spec as the JSON that is YAML too."""
    text = json.dumps(spec, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff]", lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def files(spec: dict[str, Any]) -> dict[str, str]:
    """Generate every file of a spec."""
    return formatting.format_python(render.render(document.parse(dump(spec))))


def write(spec: dict[str, Any], folder: Path) -> Path:
    """Generate a package into a folder, to be imported from there."""
    for name, text in files(spec).items():
        path = folder / "halopay_api" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def run(folder: Path, code: str) -> str:
    """Run Python against the package of a folder, in there, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{code}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
