"""halopay-kit twice in one process, with orjson and without, so that both can be measured in the same rounds."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_PACKAGES = ("halopay_api", "halopay_kit", "orjson")


class Variant:
    """The kit as it is imported when orjson is there, or when it is not: a copy of its modules of its own."""

    def __init__(self, *, orjson: bool) -> None:
        self._modules: dict[str, ModuleType | None] = {} if orjson else {"orjson": None}  # None fails to import

    @contextmanager
    def active(self) -> Iterator[None]:
        """Let imports, late ones too, find this copy.

        Raises:
            ImportError: orjson is wanted and not installed.
        """
        if "orjson" not in self._modules:
            importlib.import_module("orjson")
            self._modules = {name: module for name, module in sys.modules.items() if _root(name) == "orjson"}
        outside = _take()
        sys.modules.update(self._modules)  # type: ignore[arg-type]  # None is allowed there
        try:
            yield
        finally:
            self._modules = _take()
            sys.modules.update(outside)  # type: ignore[arg-type]


def _take() -> dict[str, ModuleType | None]:
    return {name: sys.modules.pop(name) for name in list(sys.modules) if _root(name) in _PACKAGES}


def _root(name: str) -> str:
    return name.partition(".")[0]
