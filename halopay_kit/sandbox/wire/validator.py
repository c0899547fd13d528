"""Is a request what the spec says, and if not, why not? Compiled once, some microseconds a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from halopay_kit.sandbox.wire.fields import Fields
from halopay_kit.sandbox.wire.refusal import PARAMETER_ERROR, Refused
from halopay_kit.sandbox.wire.spec import Spec

_PROBLEMS = {
    "type": "expected {}",
    "enum": "not one of the values that the spec lists",
    "pattern": "expected {}",
    "minLength": "empty",
    "minimum": "less than {}",
}


class Validator:
    """One compiled schema per operation."""

    def __init__(self, spec: Spec) -> None:
        self._schemas: Mapping[str, Mapping[str, Any]] = spec.document["components"]["schemas"]
        self._names = {path: name for path, (_, name) in spec.operations.items()}
        self._compiled = {
            path: jsonschema_rs.Draft202012Validator(
                {"$ref": f"#/components/schemas/{name}", "components": spec.document["components"]}
            )
            for path, name in self._names.items()
        }

    def check(self, path: str, fields: Fields) -> None:
        """Return if the fields are what the operation at that path takes.

        Raises:
            Refused: 10003, with a reason that names the field and never its value.
        """
        compiled = self._compiled[path]
        try:
            flaw = None if compiled.is_valid(fields.values) else next(iter(compiled.iter_errors(fields.values)), None)
        except ValueError:
            raise Refused(PARAMETER_ERROR, "the body is nested too deeply") from None
        if flaw is not None:
            raise Refused(PARAMETER_ERROR, self._sentence(path, flaw))

    def _sentence(self, path: str, flaw: jsonschema_rs.ValidationError) -> str:
        broken = str(flaw.schema_path[-1])
        if broken == "required":
            return f"{flaw.kind.value}: missing"
        if broken == "anyOf" and not flaw.instance_path:
            either = (name for part in self._schemas[self._names[path]]["anyOf"] for name in part["required"])
            return f"{' or '.join(either)}: missing"
        where = ".".join(str(step) for step in flaw.instance_path)
        return f"{where}: {_PROBLEMS.get(broken, 'not what the spec says').format(_wanted(flaw))}"


def _wanted(flaw: jsonschema_rs.ValidationError) -> object:
    """Return what the spec asks for; a flaw that is no value of the spec's own tells nothing."""
    value = flaw.kind.value
    return " or ".join(value) if isinstance(value, list) and str(flaw.schema_path[-1]) == "type" else value
