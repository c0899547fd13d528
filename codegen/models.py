"""Drive datamodel-code-generator with our attrs template, return text."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codegen import naming
from codegen.naming import Code
from codegen.shapes import Enum, Field, Model

TEMPLATES = Path(__file__).with_name("templates")
_SCHEMAS: Mapping[str, Mapping[str, str]] = {
    "string": {"type": "string"},
    "decimal": {"type": "string", "format": "decimal"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "number": {"type": "string", "format": "decimal"},
    "object": {"type": "object"},
}


def generate(models: tuple[Model, ...], enums: tuple[Enum, ...]) -> Code:
    """Write the classes of all models; imports, enums and header are the caller's."""
    from datamodel_code_generator import generate as run
    from datamodel_code_generator.enums import DataModelType, InputFileType
    from datamodel_code_generator.format import PythonVersion

    texts: dict[str, Any] = {str(model.name): _model_texts(model) for model in models}
    text = run(
        _derived(models, enums),
        input_file_type=InputFileType.OpenAPI,
        output_model_type=DataModelType.DataclassesDataclass,
        custom_template_dir=TEMPLATES,
        extra_template_data=defaultdict(dict, {"#all#": {"texts": texts}}),
        formatters=[],
        disable_timestamp=True,
        keyword_only=True,
        strict_nullable=True,
        use_standard_collections=True,
        use_union_operator=True,
        target_python_version=PythonVersion.PY_311,
    )
    if not isinstance(text, str):
        raise TypeError("datamodel-code-generator was to write one module")
    return _classes(text, models)


def _derived(models: tuple[Model, ...], enums: tuple[Enum, ...]) -> dict[str, Any]:
    """Write a spec of nothing but shapes and safe names: no text of the spec passes through."""
    schemas: dict[str, Any] = {}
    for enum in enums:
        schemas[str(enum.name)] = {"type": "string", "enum": [str(member.name) for member in enum.members]}
    for model in models:
        schemas[str(model.name)] = {
            "type": "object",
            "required": [str(field.attribute) for field in model.fields if field.required],
            "properties": {str(field.attribute): _schema(field) for field in model.fields},
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "derived", "version": "0"},
        "paths": {},
        "components": {"schemas": schemas},
    }


def _schema(field: Field) -> dict[str, Any]:
    found: dict[str, Any]
    if field.target:
        found = {"$ref": f"#/components/schemas/{field.target}"}
    else:
        parts = [dict(_SCHEMAS[kind]) for kind in field.kind.split("|")]
        parts = [part for index, part in enumerate(parts) if part not in parts[:index]]
        found = parts[0] if len(parts) == 1 else {"anyOf": parts}
    return {"type": "array", "items": found} if field.many else found


def _model_texts(model: Model) -> dict[str, Any]:
    return {
        "doc": naming.docstring(told(model.description, model.provenance, model.source)),
        "fields": {
            str(field.attribute): naming.docstring(told(field.description, field.provenance)) for field in model.fields
        },
    }


def told(description: str, provenance: str, source: str = "") -> str:
    """Say what something is and how well it is known."""
    mark = f"[{provenance}: {source}]" if source else f"[{provenance}]"
    return f"{description} {mark}".strip()


def _classes(text: str, models: tuple[Model, ...]) -> Code:
    """Cut out the classes of the models, and make sure that they have the fields that were asked for."""
    asked = {str(model.name): {*(str(field.attribute) for field in model.fields), "extra"} for model in models}
    lines = text.splitlines()
    found = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef) and node.name in asked:
            fields = [item.target for item in node.body if isinstance(item, ast.AnnAssign)]
            if {item.id for item in fields if isinstance(item, ast.Name)} != asked.pop(node.name):
                raise ValueError(f"datamodel-code-generator gave {node.name} other fields than asked for")
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found.append("\n".join(lines[first - 1 : node.end_lineno]))
    if asked:
        raise ValueError(f"datamodel-code-generator did not write {', '.join(sorted(asked))}")
    return Code("\n\n\n".join(found) + "\n")
