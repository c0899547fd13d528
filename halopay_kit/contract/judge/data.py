"""The data of a success: one object or a list of them, also where something was put around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halopay_kit.contract.judge.docket import Docket
from halopay_kit.contract.judge.message import Message
from halopay_kit.contract.judge.spec import Owner
from halopay_kit.contract.judge.values import safe_name, type_of
from halopay_kit.contract.parsed import parsed

Object = dict[str, Any]


def is_like(operation: Owner, value: object) -> bool:
    """Say whether a value looks like an operation's data."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(row, dict) and operation.shape.likeness(row) for row in value)
    return isinstance(value, dict) and operation.shape.likeness(value) * 2 >= len(value) > 0


class Data:
    """Takes the rows out of the data of one answer, and tells what had to be done for it."""

    def __init__(self, operation: Owner, message: Message, docket: Docket) -> None:
        self._operation = operation
        self._message = message
        self._docket = docket

    def missing(self) -> None:
        """Tell that there are none."""
        self._report("data-missing")

    def rows(self, data: object) -> list[Object]:
        """Return the objects that they are; none where they are something else."""
        if data is None:
            if "null" not in self._operation.data_types:
                self._report("data-null")
            return []
        if isinstance(data, str) and isinstance(found := parsed(data.encode("utf-8", "replace")), dict | list):
            self._report("data-text")
            data = found
        return self._list(data) if self._operation.many else self._object(data)

    def _object(self, data: object) -> list[Object]:
        if isinstance(data, list) and all(isinstance(row, dict) for row in data):
            self._report("data-listed", {"type": "array"})
            return data
        if not isinstance(data, dict):
            self._malformed(data, "object")
            return []
        inner = [name for name, value in data.items() if isinstance(value, dict) and is_like(self._operation, value)]
        if inner and not self._operation.shape.likeness(data):
            self._report("data-wrapped", {"name": safe_name(inner[0])})
            return self._object(data[inner[0]])
        return [data]

    def _list(self, data: object) -> list[Object]:
        if isinstance(data, dict):
            lists = [name for name, value in data.items() if isinstance(value, list) and _is_of_objects(value)]
            if not lists:
                self._malformed(data, "array")
                return [data] if is_like(self._operation, data) else []
            name, others = lists[0], sorted(safe_name(each) for each in data if each != lists[0])
            self._report("data-paged" if others else "data-wrapped", {"name": safe_name(name), "others": others})
            data = data[name]
        if not isinstance(data, list):
            self._malformed(data, "array")
            return []
        if not _is_of_objects(data):
            self._malformed(next(item for item in data if not isinstance(item, dict)), "object")
        return [row for row in data if isinstance(row, dict)]

    def _malformed(self, data: object, expected: str) -> None:
        self._report("data-malformed", {"type": type_of(data), "spec": expected})

    def _report(self, kind: str, seen: Mapping[str, Any] | None = None) -> None:
        operation = self._operation
        self._docket.report(
            kind,
            operation.name,
            self._message.evidence,
            pointer=operation.data_pointer,
            guessed=operation.guessed,
            seen=seen or {},
        )


def _is_of_objects(value: list[Any]) -> bool:
    return all(isinstance(item, dict) for item in value)
