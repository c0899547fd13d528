"""What every test may use."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from halopay_kit import HaloPay, Sandbox

ROOT = Path(__file__).parent.parent


def vectors(kind: str) -> list[Any]:
    """Return the cases of spec/vectors/signing.json as pytest parameters; `body` is bytes."""
    cases = json.loads((ROOT / "spec/vectors/signing.json").read_text("utf-8"))[kind]
    for case in cases:
        encoded = case.pop("body_base64", None)
        case["body"] = case["body"].encode() if encoded is None else base64.b64decode(encoded)
    return [pytest.param(case, id=case["name"]) for case in cases]


def example(name: str) -> dict[str, Any]:
    """Return one file of spec/examples."""
    found: dict[str, Any] = json.loads((ROOT / f"spec/examples/{name}.json").read_text("utf-8"))
    return found


def needs(missing: bool, what: str) -> None:
    """Skip where something optional is missing, or fail where everything is asked for (HALOPAY_TEST_ALL)."""
    if missing and os.environ.get("HALOPAY_TEST_ALL"):
        pytest.fail(f"{what} is missing")
    if missing:
        pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def shared_box() -> Iterator[Sandbox]:
    with Sandbox() as box:
        yield box


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox() as box:
        yield box


@pytest.fixture
def halopay(box: Sandbox) -> Iterator[HaloPay]:
    with HaloPay(box.app_id, box.app_key, box.base_url) as client:
        yield client
