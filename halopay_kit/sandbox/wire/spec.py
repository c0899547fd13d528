"""The spec as the sandbox reads it: what a request must be, the kit's own requirements included."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import attrs


@attrs.frozen
class Spec:
    """`document` is what validators read; `operations` maps a path to the operation's name and request schema."""

    document: dict[str, Any]
    operations: Mapping[str, tuple[str, str]]


def load() -> Spec:
    """Read the bundled spec and derive the document that requests are judged by.

    Its server is relative, so that any host fits; signatures are checked elsewhere; x-kit-requires counts as required.
    """
    bundled = json.loads(files("halopay_api").joinpath("openapi.json").read_text("utf-8"))
    operations = {}
    schemas = {}
    for path, item in bundled["paths"].items():
        operation = item["post"]
        name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        operations[path] = (operation["operationId"], name)
        schemas[name] = _stricter(bundled["components"]["schemas"][name])
    document = {
        "openapi": bundled["openapi"],
        "info": bundled["info"],
        "servers": [{"url": "/"}],
        "paths": {path: _bare(item) for path, item in bundled["paths"].items()},
        "components": {"schemas": {**bundled["components"]["schemas"], **schemas}},
    }
    return Spec(document=document, operations=operations)


def _bare(item: Mapping[str, Any]) -> dict[str, Any]:
    post = item["post"]
    return {
        "post": {
            "operationId": post["operationId"],
            "requestBody": post["requestBody"],
            "responses": {"200": {"description": "An answer."}},
        }
    }


def _stricter(schema: Mapping[str, Any]) -> dict[str, Any]:
    stricter = dict(schema)
    required = [*schema.get("required", []), *schema.get("x-kit-requires", [])]
    if required:
        stricter["required"] = list(dict.fromkeys(required))
    one_of = schema.get("x-kit-requires-one-of")
    if one_of:
        stricter["anyOf"] = [{"required": [name]} for name in one_of]
    return stricter
