"""The file of an inbox, and what becomes of it while it is open."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest

from halopay_kit.errors import ConfigurationError, InboxUnavailable
from halopay_kit.inbox import Inbox
from tests.inbox.arrivals import payment


def delete(path):
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def move(path):
    path.rename(path.with_name("elsewhere.sqlite"))


def replace(path):
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


def empty(path):
    delete(path)
    path.touch()


@pytest.mark.parametrize("change", [delete, move, replace, empty])
def test_a_file_that_is_no_longer_the_one_that_was_opened_acknowledges_nothing(tmp_path, change):
    path = tmp_path / "inbox.sqlite"
    with Inbox(path) as inbox:
        inbox.take([payment(1)])
        change(path)
        for fails in (lambda: inbox.take([payment(2)]), inbox.ping, lambda: inbox.reject({"bad": 1}), inbox.events):
            with pytest.raises(InboxUnavailable, match="while it was open"):
                fails()
        with pytest.raises(InboxUnavailable), inbox.store.writing():
            pytest.fail("a transaction began")


def test_a_file_that_goes_in_the_middle_of_a_write_acknowledges_nothing(tmp_path):
    path = tmp_path / "inbox.sqlite"
    with Inbox(path) as inbox:
        with pytest.raises(InboxUnavailable, match="while it was open"):
            inbox.store.write(lambda _: move(path))
        path.with_name("elsewhere.sqlite").rename(path)
        with pytest.raises(InboxUnavailable, match="while it was open"), inbox.store.writing():
            move(path)


def test_a_file_that_comes_back_is_used_again(tmp_path):
    path = tmp_path / "inbox.sqlite"
    with Inbox(path) as inbox:
        inbox.take([payment(1)])
        move(path)
        with pytest.raises(InboxUnavailable):
            inbox.take([payment(2)])
        path.with_name("elsewhere.sqlite").rename(path)
        assert inbox.take([payment(2)])[0].new
        assert len(inbox.events()) == 2


def test_no_later_connection_makes_an_empty_file(tmp_path):
    path = tmp_path / "inbox.sqlite"
    with Inbox(path) as inbox:
        inbox.take([payment(1)])
        with inbox.store.reading():  # the pool's only connection: the next one is new
            delete(path)
            with pytest.raises(InboxUnavailable):
                inbox.take([payment(2)])
    assert not path.exists()


def test_a_connection_to_another_file_is_not_kept_for_later(tmp_path):
    path = tmp_path / "inbox.sqlite"
    with Inbox(path) as inbox:
        with inbox.store.reading():
            move(path)
            sqlite3.connect(path).close()
            path.touch()
            with pytest.raises(InboxUnavailable, match="replaced"):  # on a new connection, to the wrong file
                inbox.take([payment(1)])
            path.unlink()
            path.with_name("elsewhere.sqlite").rename(path)
        assert inbox.take([payment(1)])[0].new
    with Inbox(path) as inbox:
        assert len(inbox.events()) == 1


def test_a_relative_path_is_the_same_file_wherever_the_process_goes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Inbox("inbox.sqlite") as inbox:
        (tmp_path / "other").mkdir()
        monkeypatch.chdir(tmp_path / "other")
        with inbox.store.reading():
            assert inbox.take([payment(1)])[0].new
    assert list((tmp_path / "other").iterdir()) == []


def test_a_link_leads_to_its_file(tmp_path):
    (tmp_path / "volume").mkdir()
    (tmp_path / "inbox.sqlite").symlink_to(tmp_path / "volume/inbox.sqlite")
    with Inbox(tmp_path / "inbox.sqlite") as inbox:
        assert inbox.take([payment(1)])[0].new
    with Inbox(tmp_path / "volume/inbox.sqlite") as inbox:
        assert len(inbox.events()) == 1


def test_many_threads_open_one_file_and_meet_no_other(tmp_path):
    with Inbox(tmp_path / "inbox.sqlite") as inbox:
        together = threading.Barrier(12)
        marks = []

        def look():
            with inbox.store.reading() as connection:
                together.wait(10)
                marks.append(connection.exec_driver_sql("PRAGMA database_list").all()[0][2])

        threads = [threading.Thread(target=look) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(marks) == {str(tmp_path / "inbox.sqlite")}
        assert len(marks) == 12


def test_a_file_that_cannot_be_made_is_an_inbox_that_is_unavailable(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(InboxUnavailable, match="Read-only"):
        Inbox(tmp_path / "inbox.sqlite")


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no devices here")
def test_a_device_keeps_nothing():
    with pytest.raises(ConfigurationError, match="no file"):
        Inbox("/dev/null")
