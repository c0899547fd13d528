"""The tables and their versions."""

from __future__ import annotations

import hashlib
import sqlite3

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, text

from halopay_kit.errors import ConfigurationError, StoreUnavailable
from halopay_kit.inbox import Inbox
from halopay_kit.inbox.layout import Layout
from halopay_kit.inbox.schema import DELIVERIES, LAYOUT, VERSION, tables
from halopay_kit.inbox.store import Store
from tests.inbox.abreast import open_store, run_threads
from tests.inbox.arrivals import payment

# Whoever changes a table raises VERSION, adds a step that brings older tables forward, and writes both down here.
KNOWN = {1: "4afde1ccaef8539a", 2: "21475f1e59015170"}


def test_a_change_of_the_tables_is_a_new_version():
    told = [DELIVERIES]
    for table in tables.sorted_tables:
        told.append(f"{table.name} {[column.name for column in table.primary_key]}")
        told += [f"{column.name} {type(column.type).__name__} {column.nullable}" for column in table.columns]
        for index in sorted(table.indexes, key=lambda index: index.name):
            where = index.dialect_options["sqlite"]["where"]
            told.append(f"{index.name} {[column.name for column in index.columns]} {index.unique} {where}")
    assert KNOWN[VERSION] == hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]
    assert set(LAYOUT.steps) == set(range(1, VERSION))


# A journal as it was first, with rows in it, and as two later kits have it.

OLD = ("CREATE TABLE halopay_old (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",)


def journal():
    now = MetaData()
    Table("halopay_old", now, Column("id", Integer, primary_key=True), Column("name", Text), Column("size", Integer))
    return now


def add_size(connection):
    connection.execute(text("ALTER TABLE halopay_old ADD COLUMN size INTEGER"))
    connection.execute(text("UPDATE halopay_old SET size = length(name)"))


def double_size(connection):
    connection.execute(text("UPDATE halopay_old SET size = size * 2"))


def fail(connection):
    double_size(connection)
    connection.execute(text("SELECT * FROM nowhere"))


SECOND = Layout(room="old", version=2, tables=journal(), steps={1: add_size})
THIRD = Layout(room="old", version=3, tables=journal(), steps={1: add_size, 2: double_size})
BROKEN = Layout(room="old", version=3, tables=journal(), steps={1: add_size, 2: fail})


@pytest.fixture
def old(store_url):
    """The URL of a store that an older kit wrote."""
    with Inbox(store_url) as inbox:  # another room of the same store
        inbox.take([payment(1)])
        with inbox.store.writing() as connection:
            for statement in OLD:
                connection.execute(text(statement))
            connection.execute(text("INSERT INTO halopay_old VALUES (1, 'one'), (2, 'three')"))
            connection.execute(text("INSERT INTO halopay_versions VALUES ('old', 1)"))
    return store_url


def content(store, columns="id, name, size"):
    with store.reading() as connection:
        version = connection.execute(text("SELECT version FROM halopay_versions WHERE room = 'old'")).scalar()
        return version, list(map(tuple, connection.execute(text(f"SELECT {columns} FROM halopay_old ORDER BY id"))))


def opened(url, layout):
    store = Store(url, layout)
    try:
        return content(store)
    finally:
        store.close()


def test_older_tables_are_brought_forward_step_by_step_and_keep_their_rows(old):
    assert opened(old, SECOND) == (2, [(1, "one", 3), (2, "three", 5)])
    assert opened(old, SECOND) == (2, [(1, "one", 3), (2, "three", 5)])
    assert opened(old, THIRD) == (3, [(1, "one", 6), (2, "three", 10)])


def test_tables_are_brought_over_several_versions_at_once(old):
    assert opened(old, THIRD) == (3, [(1, "one", 6), (2, "three", 10)])


def test_new_tables_need_no_steps(store_url):
    assert opened(store_url, THIRD) == (3, [])


def test_newer_tables_are_refused_and_left_as_they_were(old):
    before = opened(old, THIRD)
    with pytest.raises(ConfigurationError, match="version 3 of its tables, this kit knows 2"):
        Store(old, SECOND)
    assert opened(old, THIRD) == before


def test_a_step_that_fails_leaves_the_older_tables(old):
    with pytest.raises(StoreUnavailable):
        Store(old, BROKEN)
    with Inbox(old) as inbox:
        assert content(inbox.store, "id, name") == (1, [(1, "one"), (2, "three")])
    assert opened(old, THIRD) == (3, [(1, "one", 6), (2, "three", 10)])


def test_several_that_meet_older_tables_bring_them_forward_once(old):
    assert run_threads(open_store, [(old, THIRD)] * 4) == [True] * 4
    assert opened(old, THIRD) == (3, [(1, "one", 6), (2, "three", 10)])


def test_rooms_of_one_store_have_versions_of_their_own(old):
    opened(old, SECOND)
    with Inbox(old) as inbox, inbox.store.reading() as connection:
        versions = connection.execute(text("SELECT room, version FROM halopay_versions ORDER BY room"))
        assert list(map(tuple, versions)) == [("inbox", VERSION), ("old", 2)]


def test_an_inbox_of_a_newer_kit_is_refused(store_url):
    with Inbox(store_url) as inbox, inbox.store.writing() as connection:
        connection.execute(text("UPDATE halopay_versions SET version = version + 1"))
    with pytest.raises(ConfigurationError, match="Use a newer halopay-kit"):
        Inbox(store_url)


@pytest.mark.parametrize("version", ["0", "-5", "'abc'", "x'01'", "1.5"])
def test_a_version_that_there_never_was_is_refused(store_url, version):
    if not version.lstrip("-").isdecimal() and not store_url.startswith("sqlite"):
        version = "-1"  # PostgreSQL keeps whole numbers only
    with Inbox(store_url) as inbox, inbox.store.writing() as connection:
        connection.execute(text(f"UPDATE halopay_versions SET version = {version}"))
    for create in (True, False):
        with pytest.raises(ConfigurationError, match="never was"):
            Inbox(store_url, create=create)


def test_a_version_that_no_step_begins_at_is_refused(old):
    with pytest.raises(ConfigurationError, match="never was"):
        Store(old, Layout(room="old", version=3, tables=journal(), steps={2: double_size}))
    assert opened(old, SECOND)[0] == 2


def test_tables_of_somebody_else_are_not_taken_over(tmp_path):
    other = sqlite3.connect(tmp_path / "shop.sqlite")
    other.execute("CREATE TABLE halopay_events (id INTEGER)")
    other.commit()
    other.close()
    with pytest.raises(ConfigurationError, match="halopay_events"):
        Inbox(tmp_path / "shop.sqlite")


def test_an_inbox_lives_beside_the_tables_of_a_shop(store_url):
    with Inbox(store_url) as inbox, inbox.store.writing() as connection:
        connection.execute(text("CREATE TABLE events (id INTEGER)"))
    with Inbox(store_url) as inbox:
        assert inbox.take([payment(1)])[0].new
