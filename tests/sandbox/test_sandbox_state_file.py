"""The file of a state: whose it is, who may open it, and what is refused and left as it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox import Sandbox
from halopay_kit.signing import AppKey
from tests.sandbox.killed import Child
from tests.sandbox.wire import KEY


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.sqlite"


def test_a_state_is_for_one_sandbox_at_a_time(file: Path) -> None:
    with Sandbox(state=file, app_key=KEY), pytest.raises(ConfigurationError, match="in use by another sandbox"):
        Sandbox(state=file)
    other = Child(file).serving()
    with pytest.raises(ConfigurationError, match="in use by another sandbox"):
        Sandbox(state=file)
    other.gone()
    Sandbox(state=file).stop()


def test_a_sandbox_that_could_not_be_made_lets_go_of_its_state(file: Path) -> None:
    with pytest.raises(ConfigurationError):
        Sandbox(state=file, drift=["nonsense"])
    Sandbox(state=file).stop()


def test_a_sandbox_that_cannot_save_at_its_end_lets_go_of_its_state_all_the_same(file: Path) -> None:
    box = Sandbox(state=file)
    box._state._file._database.execute("PRAGMA max_page_count = 1")
    fill = (box.fund(75, 1) for _ in range(10_000))
    with pytest.raises(ConfigurationError, match="cannot be written"):
        list(fill)
    with pytest.raises(ConfigurationError, match="cannot be written"):
        box.stop()
    box.stop()
    Sandbox(state=file).stop()


def test_a_state_of_a_newer_schema_is_refused(file: Path) -> None:
    Sandbox(state=file).stop()
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 99")
    kept = file.read_bytes()
    with pytest.raises(ConfigurationError, match="newer halopay-kit: its schema is 99"):
        Sandbox(state=file)
    assert file.read_bytes() == kept


@pytest.mark.parametrize(
    "content", [b"no database", b"SQLite format 3\0" + bytes(8000), b"\0" * 4096], ids=["text", "broken", "zeros"]
)
def test_a_file_that_is_no_state_is_left_as_it_is(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"damaged|cannot be used"):
        Sandbox(state=file)
    assert file.read_bytes() == content


def test_a_database_of_somebody_else_is_left_as_it_is(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE orders (number INTEGER)")
    kept = file.read_bytes()
    with pytest.raises(ConfigurationError, match="is not the state of a sandbox"):
        Sandbox(state=file)
    assert file.read_bytes() == kept


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entries SET row = '{'",
        """UPDATE entries SET row = '{"why": 1}'""",
        "UPDATE entries SET row = replace(row, '100000', 'much')",
        "UPDATE entries SET row = 'null'",
        "UPDATE about SET row = '[]' WHERE key = 'clock'",
        "DELETE FROM about WHERE key = 'app_id'",
        "DROP TABLE payouts",
        """INSERT INTO attempts VALUES ('7/1', '{}')""",
        """INSERT INTO agenda VALUES (1, '[1, 2, "confirm", "nobody"]')""",
    ],
)
def test_a_damaged_state_is_refused(file: Path, damage: str) -> None:
    Sandbox(state=file).stop()
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(damage)
    for _ in range(2):  # the first one let go of it
        with pytest.raises(ConfigurationError, match=r"damaged|cannot be used"):
            Sandbox(state=file)


def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere" / "file", "a\0b", 7):
        with pytest.raises(ConfigurationError):
            Sandbox(state=place)


def test_a_state_belongs_to_one_app(file: Path) -> None:
    Sandbox(state=file, app_id="merchant", app_key=KEY).stop()
    for given in ({"app_id": "another"}, {"app_key": "anotherKey"}, {"app_key": AppKey("anotherKey")}):
        with pytest.raises(ConfigurationError, match="another App"):
            Sandbox(state=file, **given)
    for given in ({"app_id": "merchant"}, {"app_key": KEY}, {"app_key": AppKey(KEY)}):
        box = Sandbox(state=file, **given)
        box.stop()
        assert box.app_id == "merchant"


def test_a_key_whose_text_is_not_told_is_asked_for_again(file: Path) -> None:
    Sandbox(state=file, app_key=AppKey(KEY)).stop()
    with pytest.raises(ConfigurationError, match="does not hold the AppKey"):
        Sandbox(state=file)
    Sandbox(state=file, app_key=KEY).stop()
    Sandbox(state=file).stop()


def test_only_its_owner_reads_the_file(file: Path) -> None:
    with Sandbox(state=file):
        assert {path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {0o600}
