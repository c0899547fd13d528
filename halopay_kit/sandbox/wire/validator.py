"""Is a request what the spec says? Compiled once, some microseconds a call."""

from __future__ import annotations

import jsonschema_rs

from halopay_kit.sandbox.wire.explanation import Explanation
from halopay_kit.sandbox.wire.fields import Fields
from halopay_kit.sandbox.wire.refusal import PARAMETER_ERROR, Refused
from halopay_kit.sandbox.wire.spec import Spec


class Validator:
    """One compiled schema per operation, all from the document that explanations come from too."""

    def __init__(self, spec: Spec) -> None:
        self._explanation = Explanation(spec.document)
        self._compiled = {
            path: jsonschema_rs.Draft202012Validator(
                {"$ref": f"#/components/schemas/{name}", "components": spec.document["components"]}
            )
            for path, (_, name) in spec.operations.items()
        }

    def check(self, path: str, fields: Fields, body: bytes) -> None:
        """Return if the fields are what the operation at that path takes.

        Raises:
            Refused: 10003, with a reason that names the field and never its value.
        """
        try:
            valid = self._compiled[path].is_valid(fields.values)
        except ValueError:
            raise Refused(PARAMETER_ERROR, "the body is nested too deeply") from None
        if not valid:
            raise Refused(PARAMETER_ERROR, self._explanation.of(path, body) or self._place(path, fields))

    def _place(self, path: str, fields: Fields) -> str:
        for error in self._compiled[path].iter_errors(fields.values):
            if error.instance_path:
                return f"{error.instance_path[0]}: not what the spec says"
        return "not what the spec says"
