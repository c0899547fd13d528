"""Why a request is not what the spec says; openapi-core tells. Imported and run for refusals only."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import attrs


class _Flaw(Protocol):
    """What jsonschema, under openapi-core, says of one flaw."""

    path: Iterable[object]
    validator: str
    validator_value: Any
    instance: Any


@attrs.frozen
class _Request:
    """openapi-core's view of a call."""

    path: str
    body: bytes
    parameters: Any
    host_url: str = "http://127.0.0.1"
    method: str = "post"
    content_type: str = "application/json"


class Explanation:
    """Reads the document at its first use."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    @functools.cached_property
    def _reader(self) -> Any:
        from openapi_core import OpenAPI

        return OpenAPI.from_dict(dict(self._document))

    def of(self, path: str, body: bytes) -> str:
        """Return one short reason that names the field and no value, or nothing where openapi-core sees no flaw."""
        from openapi_core.datatypes import RequestParameters
        from openapi_core.exceptions import OpenAPIError

        try:
            self._reader.validate_request(_Request(path=path, body=body, parameters=RequestParameters()))
        except OpenAPIError as error:
            return next((_sentence(flaw) for flaw in _flaws(error)), "")
        return ""


_PROBLEMS = {
    "type": "expected {}",
    "enum": "not one of the values that the spec lists",
    "pattern": "expected {}",
    "minLength": "empty",
    "minimum": "less than {}",
}


def _flaws(error: BaseException | None) -> Iterable[_Flaw]:
    while error is not None:
        yield from getattr(error, "schema_errors", ())
        error = error.__cause__


def _sentence(flaw: _Flaw) -> str:
    where = ".".join(str(step) for step in flaw.path)
    if flaw.validator == "required":
        missing = next((name for name in flaw.validator_value if name not in flaw.instance), "a field")
        return f"{missing}: missing"
    if flaw.validator == "anyOf":
        return f"{' or '.join(name for part in flaw.validator_value for name in part['required'])}: missing"
    return f"{where}: {_PROBLEMS.get(flaw.validator, 'not what the spec says').format(flaw.validator_value)}"
