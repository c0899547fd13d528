"""What every test may use."""

from __future__ import annotations

import base64
import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from halopay_kit import HaloPay, Sandbox, signing

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


@pytest.fixture(autouse=True)
def keys_are_forgotten() -> Iterator[None]:
    """Forget the AppKeys that a test has met: some are words, and every key that a process knows is hidden in texts."""
    known = {length: set(keys) for length, keys in signing._known.items()}
    yield
    signing._known.clear()
    signing._known.update(known)


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The address of an empty place in a real PostgreSQL, this test's alone."""
    psycopg = pytest.importorskip("psycopg")
    server = os.environ.get("HALOPAY_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
    try:
        connection = psycopg.connect(server, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError:
        needs(missing=True, what=f"PostgreSQL at {server}")
        raise
    name = f"t_{uuid.uuid4().hex[:16]}"
    with connection:
        connection.execute(f'CREATE SCHEMA "{name}"')
        try:
            yield f"{server}?options=-csearch_path%3D{name}"
        finally:
            connection.execute(f'DROP SCHEMA "{name}" CASCADE')


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store; each test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


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
