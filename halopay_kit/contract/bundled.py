"""The spec that the generated code was made from, as it lies in the package."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any


@functools.cache
def document() -> Mapping[str, Any]:
    """Return the OpenAPI document; it is everybody's, so nobody changes it."""
    found: Mapping[str, Any] = json.loads(files("halopay_api").joinpath("openapi.json").read_text("utf-8"))
    return found
