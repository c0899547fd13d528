"""The database behind the URL: durable, patient, and silent about its password."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from halopay_kit.errors import ConfigurationError, HaloPayError, InboxUnavailable, StoreUnavailable
from halopay_kit.inbox import Inbox, store
from halopay_kit.inbox.address import Address
from tests.inbox.abreast import open_and_take, run_processes, run_threads
from tests.inbox.arrivals import NOW, payment

SECRET = "hunter2hunter2"


@pytest.mark.parametrize("shape", ["sqlite:///{}", "{}", "sqlite+pysqlite:///{}", "path", "bytes"])
def test_a_file_is_named_by_url_or_by_path(tmp_path, shape):
    path = tmp_path / "my inbox #1?.sqlite" if "://" not in shape else tmp_path / "inbox.sqlite"
    url = {"path": path, "bytes": str(path)}.get(shape, shape.format(path))
    with Inbox(url) as inbox:
        inbox.take([payment(1)])
    assert path.is_file()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_goes_by_all_its_names(postgres_url, scheme):
    with Inbox(postgres_url.replace("postgresql", scheme, 1)) as inbox:
        assert inbox.take([payment(1)])[0].new
        assert repr(inbox).startswith("<Inbox <Store postgresql://")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sqlite://",
        "sqlite:///",
        ":memory:",
        "sqlite:///:memory:",
        "sqlite:///file::memory:?uri=true",
        "sqlite:///file:x?mode=memory&cache=shared&uri=true",
        "sqlite:///x.sqlite?mode=memory",
        "sqlite://host/x.sqlite",
        "x\0y",
        "mysql://u@h/d",
        "postgresql+asyncpg://u@h/d",
        "postgresql://u:p@host:notaport/d",
        "://",
        None,
        5,
        b"\xff",
    ],
)
def test_what_keeps_nothing_or_is_no_url_is_refused(tmp_path, monkeypatch, url):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError):
        Inbox(url)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, " * 100)
    with pytest.raises(ConfigurationError, match="not an SQLite database"):
        Inbox(path)
    assert path.read_text() == "not a database, " * 100


def test_a_directory_and_a_path_without_one_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="directory"):
        Inbox(tmp_path)
    with pytest.raises(ConfigurationError, match="does not exist"):
        Inbox(tmp_path / "no" / "inbox.sqlite")


def test_an_inbox_that_is_only_to_be_opened_is_not_made(tmp_path):
    with pytest.raises(ConfigurationError, match="no inbox"):
        Inbox(tmp_path / "typo.sqlite", create=False)
    assert list(tmp_path.iterdir()) == []
    sqlite3.connect(tmp_path / "other.sqlite").close()
    (tmp_path / "other.sqlite").touch()
    with pytest.raises(ConfigurationError, match="no inbox"):
        Inbox(tmp_path / "other.sqlite", create=False)


def test_an_inbox_of_postgresql_that_is_only_to_be_opened_is_not_made(postgres_url):
    with pytest.raises(ConfigurationError, match="no inbox"):
        Inbox(postgres_url, create=False)
    Inbox(postgres_url).close()
    Inbox(postgres_url, create=False).close()


def test_a_postgresql_that_is_not_there_is_unavailable():
    with pytest.raises(InboxUnavailable):
        Inbox(f"postgresql://user:{SECRET}@127.0.0.1:1/none")


def test_an_option_that_postgresql_does_not_know_is_a_mistake(postgres_url):
    with pytest.raises(ConfigurationError, match="option"):
        Inbox(postgres_url + "&colour=blue")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://user:{SECRET}@127.0.0.1:1/none",
        f"postgresql://user@127.0.0.1:1/none?password={SECRET}",
        f"postgresql://user@127.0.0.1:1/none?sslpassword={SECRET}",
        f"postgresql://user:{SECRET}@127.0.0.1:x/none",
        f"mysql://user:{SECRET}@127.0.0.1/none",
    ],
)
def test_the_password_of_the_url_is_in_no_error(url):
    with pytest.raises(HaloPayError) as failed:
        Inbox(url)
    error = failed.value
    while error is not None:
        assert SECRET not in str(error)
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename != __file__:
                assert SECRET not in "".join(map(repr, frame.f_locals.values()))
        error = error.__cause__ or error.__context__


def test_the_password_of_the_url_is_not_shown():
    address = Address(f"postgresql://user:{SECRET}@host/name?password={SECRET}&sslpassword={SECRET}")
    assert SECRET not in str(address) + repr(address)
    assert "user" in str(address)


@pytest.mark.parametrize(("module", "extra", "url"), [
    ("sqlalchemy", "inbox", "inbox.sqlite"),
    ("psycopg", "postgres", "postgresql://u@127.0.0.1/d"),
])  # fmt: skip
def test_a_missing_library_is_named_with_its_extra(tmp_path, module, extra, url):
    program = (
        f"import sys; sys.modules[{module!r}] = None\n"
        "from halopay_kit.errors import ConfigurationError\n"
        "from halopay_kit.inbox import Inbox\n"
        f"try: Inbox({url!r})\n"
        "except ConfigurationError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=30)
    assert f"pip install 'halopay-kit[{extra}]'" in done.stdout, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_connection_writes_through_to_the_disk(store_url):
    with Inbox(store_url) as inbox, inbox.store.reading() as one, inbox.store.reading() as other:
        for connection in (one, other):
            if inbox.store.dialect == "sqlite":
                assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
                assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
            else:
                assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"


def test_postgresql_writes_through_even_where_the_database_would_not(postgres_url):
    with Inbox(postgres_url + "%20-csynchronous_commit%3Doff") as inbox, inbox.store.reading() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"


def test_texts_beyond_latin_are_kept_whatever_encoding_the_client_was_told(postgres_url):
    with Inbox(postgres_url + "&client_encoding=latin1") as inbox:
        inbox.take([payment(1, trade_no="付款")])
        assert len(inbox.events(trade_no="付款")) == 1


def test_readers_do_not_wait_for_a_writer(store_url):
    with Inbox(store_url) as inbox:
        inbox.take([payment(1)])
        with inbox.store.writing() as connection:
            connection.execute(text("UPDATE halopay_events SET error = 'under way'"))
            [seen] = inbox.events()
            assert seen.error is None


def test_a_file_that_stays_locked_is_unavailable_and_nothing_is_stored(tmp_path, monkeypatch):
    monkeypatch.setattr("halopay_kit.inbox.store._PATIENCE", 0.05)
    with Inbox(tmp_path / "inbox.sqlite") as inbox:
        other = sqlite3.connect(tmp_path / "inbox.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(InboxUnavailable, match="locked"):
            inbox.take([payment(1)])
        other.execute("ROLLBACK")
        other.close()
        assert inbox.events() == []
        assert inbox.take([payment(1)])[0].new


def test_a_row_that_stays_locked_is_unavailable_and_nothing_is_stored(postgres_url, monkeypatch):
    monkeypatch.setitem(store._LIMITS, "lock_timeout", 100)
    with Inbox(postgres_url) as inbox:
        inbox.take([payment(1)])
        for table in ("subjects", "counts"):
            with inbox.store.writing() as connection:
                connection.execute(text(f"LOCK TABLE halopay_{table} IN EXCLUSIVE MODE"))
                with pytest.raises(InboxUnavailable, match="lock timeout"):
                    inbox.take([payment(2), payment(1)])
        assert [one.new for one in inbox.take([payment(2), payment(1)])] == [True, False]


def test_a_write_that_stands_still_loses_its_locks_and_is_begun_again(postgres_url, monkeypatch):
    monkeypatch.setitem(store._LIMITS, "idle_in_transaction_session_timeout", 100)
    with Inbox(postgres_url) as inbox:
        inbox.take([payment(1)])
        locked, over, tries = threading.Event(), threading.Event(), []

        def stand(connection):
            connection.execute(text("UPDATE halopay_subjects SET changed_at = 5"))
            tries.append(1)
            locked.set()
            assert over.wait(20)

        still = threading.Thread(target=inbox.store.write, args=(stand,))
        still.start()
        assert locked.wait(20)
        assert inbox.take([payment(1, time=2)])[0].new  # within lock_timeout, and `still` has not ended
        assert tries == [1]
        over.set()
        still.join()
        assert len(tries) == 2
        with inbox.store.reading() as connection:
            assert connection.execute(text("SELECT changed_at FROM halopay_subjects")).scalars().all() == [5]


def test_a_statement_of_ours_that_runs_on_is_ended_and_not_begun_again(postgres_url, monkeypatch):
    monkeypatch.setitem(store._LIMITS, "statement_timeout", 100)
    with Inbox(postgres_url) as inbox:
        tries = []

        def sleep(connection):
            tries.append(1)
            connection.execute(text("SELECT pg_sleep(20)"))

        with pytest.raises(InboxUnavailable, match="statement timeout"):
            inbox.store.write(sleep)
        assert tries == [1]
        assert inbox.take([payment(1)])[0].new


LIMITS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")


def shown(connection):
    return [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in LIMITS]


def test_only_our_own_writes_are_limited_not_those_that_others_join_nor_readers(postgres_url):
    with Inbox(postgres_url) as inbox:
        assert inbox.store.write(shown) == ["8s", "30s", "8s"]
        with inbox.store.writing() as connection:  # on the same connection of the pool
            assert shown(connection) == ["0", "0", "0"]
        with inbox.store.reading() as connection:
            assert shown(connection) == ["0", "0", "0"]


def test_limits_that_the_url_sets_are_kept(postgres_url):
    options = "%20".join(f"-c{name}%3D70s" for name in LIMITS)
    with Inbox(f"{postgres_url}%20{options}") as inbox:
        assert inbox.store.write(shown) == ["70s"] * 3


def test_times_are_exact_and_lost_hosts_are_noticed_whatever_the_server_is_told(postgres_url):
    with Inbox(f"{postgres_url}%20-cextra_float_digits%3D-15") as inbox:
        [taken] = inbox.take([payment(1, at=NOW + 0.123456)])
        assert inbox.event(taken.event_id).received_at == NOW + 0.123456
        with inbox.store.reading() as connection:
            if connection.exec_driver_sql("SELECT inet_client_addr()").scalar() is not None:
                assert connection.exec_driver_sql("SHOW tcp_keepalives_idle").scalar() == "10"


def test_a_broken_table_is_unavailable_and_no_foreign_error(store_url):
    with Inbox(store_url) as inbox:
        with inbox.store.writing() as connection:
            connection.execute(text("DROP VIEW halopay_deliveries"))
            connection.execute(text("DROP TABLE halopay_events"))
        for fails in (lambda: inbox.take([payment(1)]), inbox.events, lambda: inbox.event(1)):
            with pytest.raises(InboxUnavailable) as failed:
                fails()
            assert isinstance(failed.value, StoreUnavailable)


def test_a_closed_inbox_says_so(store_url):
    inbox = Inbox(store_url)
    inbox.close()
    inbox.close()
    for fails in (lambda: inbox.take([payment(1)]), inbox.events, inbox.stats, inbox.ping):
        with pytest.raises(InboxUnavailable, match="closed"):
            fails()


def cut(pids, by):
    """End connections to PostgreSQL, as its restart does."""
    with by.store.writing() as connection:
        for pid in pids:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


def pids(inbox):
    with inbox.store.reading() as connection:
        return [connection.execute(text("SELECT pg_backend_pid()")).scalar()]


def test_a_line_to_postgresql_that_broke_while_idle_is_mended(postgres_url):
    with Inbox(postgres_url) as inbox, Inbox(postgres_url) as other:
        inbox.take([payment(1)])
        for turn in range(3):
            cut(pids(inbox), other)
            assert inbox.take([payment(10 + turn)])[0].new
        assert inbox.stats().events == 4


def test_a_line_to_postgresql_that_breaks_in_the_middle_is_mended(postgres_url):
    with Inbox(postgres_url) as inbox, Inbox(postgres_url) as other:
        tries = []

        def work(connection):
            tries.append(connection.execute(text("SELECT pg_backend_pid()")).scalar())
            if len(tries) == 1:
                cut(tries, other)
            return connection.execute(text("SELECT 7")).scalar()

        assert inbox.store.write(work) == 7
        assert len(set(tries)) == 2


def test_reading_over_a_broken_line_fails_once_and_then_goes_on(postgres_url):
    with Inbox(postgres_url) as inbox, Inbox(postgres_url) as other:
        cut(pids(inbox), other)
        with pytest.raises(InboxUnavailable):
            inbox.events()
        assert inbox.events() == []


def test_of_two_that_wait_for_each_other_both_get_through(postgres_url):
    with Inbox(postgres_url) as inbox:
        inbox.take([payment(1), payment(2)])
        together, failed = threading.Barrier(2), []

        def work(first, second):
            tries = []

            def lock(connection):
                connection.execute(text("UPDATE halopay_events SET error = 'x' WHERE trade_no = :no"), {"no": first})
                if not tries:
                    tries.append(1)
                    together.wait(10)
                connection.execute(text("UPDATE halopay_events SET error = 'x' WHERE trade_no = :no"), {"no": second})

            try:
                inbox.store.write(lock)
            except HaloPayError as error:
                failed.append(error)

        threads = [threading.Thread(target=work, args=pair) for pair in (("T1", "T2"), ("T2", "T1"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []


def test_processes_that_start_at_once_on_nothing_make_one_inbox(store_url):
    assert run_processes(open_and_take, [(store_url, number) for number in range(4)]) == [True] * 4
    with Inbox(store_url) as inbox:
        assert inbox.stats().events == 4


def test_threads_that_start_at_once_on_nothing_make_one_inbox(store_url):
    assert run_threads(open_and_take, [(store_url, number) for number in range(8)]) == [True] * 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_has_connections_of_its_own(store_url):
    program = (
        "import os, sys\n"
        "from halopay_kit.inbox import Inbox\n"
        "from tests.inbox.arrivals import payment\n"
        "inbox = Inbox(sys.argv[1])\n"
        "inbox.take([payment(0)])\n"
        "children = []\n"
        "for number in (1, 2, 3):\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        for turn in range(5): inbox.take([payment(number * 10 + turn)])\n"
        "        os._exit(0)\n"
        "    children.append(child)\n"
        "for turn in range(5): inbox.take([payment(40 + turn)])\n"
        "print([os.waitpid(child, 0)[1] for child in children], inbox.stats().events)\n"
        "inbox.close()\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, store_url], capture_output=True, text=True, cwd=root, timeout=60
    )
    assert done.stdout == "[0, 0, 0] 21\n", done.stderr
    assert not re.search("error|Traceback", done.stderr, re.IGNORECASE), done.stderr


def test_what_a_transaction_wrote_is_gone_when_its_block_raises(store_url):
    with Inbox(store_url, clock=lambda: NOW) as inbox:
        inbox.take([payment(1)])
        with suppress(KeyError), inbox.store.writing() as connection:
            connection.execute(text("UPDATE halopay_events SET error = 'x'"))
            raise KeyError
        assert inbox.events()[0].error is None
