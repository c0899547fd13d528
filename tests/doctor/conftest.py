"""A sandbox, and a repository that holds no key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from halopay_kit import Sandbox
from tests.doctor.planted import KEY, Git


@pytest.fixture(scope="package")
def shop_box() -> Iterator[Sandbox]:
    with Sandbox(app_key=KEY) as box:
        yield box


@pytest.fixture
def git(tmp_path: Path) -> Git:
    repository = Git(tmp_path / "shop")
    repository.commit(".gitignore", ".env\n*.log\n")
    repository.commit("shop.py", 'import os\n\nkey = os.environ["HALOPAY_APP_KEY"]\n')
    repository.write(".env", f"HALOPAY_APP_KEY={KEY}\n")
    return repository
