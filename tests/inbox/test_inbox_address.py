"""URLs that cannot be right: refused, and never echoed."""

from __future__ import annotations

import traceback

import pytest

from halopay_kit.errors import ConfigurationError, HaloPayError, InboxUnavailable
from halopay_kit.inbox import Inbox
from halopay_kit.inbox.address import Address
from tests.inbox.arrivals import payment

SECRET = "hunter2hunter2"
NOWHERE = "postgresql://user@127.0.0.1:1/none"


def check_silent(error):
    """Nothing that would be logged of an error, with the values in its frames, holds the secret."""
    seen = []
    while error is not None and error not in seen:
        seen.append(error)
        assert SECRET not in str(error)
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename != __file__:
                assert SECRET not in "".join(map(repr, frame.f_locals.values())), frame
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("url", [
    f"postgresql:/shop:{SECRET}@host/db",
    f"postgresql:shop:{SECRET}@host/db",
    f"PostgreSQL:shop:{SECRET}@host/db",
    f" postgresql:/shop:{SECRET}@host/db",
    f"postgresql//shop:{SECRET}@host/db",
    f"//shop:{SECRET}@host/db",
    f"shop:{SECRET}@host/db",
    f"shop:{SECRET}@host",
    f"host=127.0.0.1 user=shop password={SECRET} dbname=test",
    f"password = {SECRET}",
    f"sqlite:/{SECRET}",
    f"{SECRET}:{SECRET}@host://x",
    f" postgresql://shop:{SECRET}@host/db",
    f"postgresql+psycopg2://shop:{SECRET}@host/db",
    f"sqlite:///postgresql://shop:{SECRET}@host/db",
    f"sqlite://shop:{SECRET}@host/db",
    f"postgresql://shop:{SECRET}/db",
    f"postgresql://shop:{SECRET}/x@host/db",
    f"postgresql://shop:{SECRET}?x@host/db",
    f"postgresql://shop@host/db?{SECRET}",
    f"postgresql://sh/op:{SECRET}@host/db",
    f"postgresql://shop:a@{SECRET}@host/db",
    f"postgresql://shop:{SECRET}@[::1/db",
    f"postgresql://shop:{SECRET}@127.0.0.1:99999/db",
    f"postgresql://shop:{SECRET}@127.0.0.1:0/db",
    f"postgresql://shop:{SECRET}@127.0.0.1/te\ud800st",
    f"postgresql://sh\ud800op:{SECRET}@127.0.0.1/db",
    f"postgresql://shop:{SECRET}\ud800@127.0.0.1/db",
    f"postgresql://shop:{SECRET}@127.0.0.1/te%00st",
    f"postgresql://shop:{SECRET}@127.0.0.1/db\n",
    f"{SECRET}\ud800.sqlite",
])  # fmt: skip
def test_a_url_that_is_mistyped_is_refused_and_neither_shown_nor_made_a_file(tmp_path, monkeypatch, url):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError) as refused:
        Inbox(url)
    check_silent(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("option", "named"), [
    ("autocommit=1", "autocommit"),
    ("autocommit=true", "autocommit"),
    (f"prepare_threshold={SECRET}", "prepare_threshold"),
    ("row_factory=x", "row_factory"),
    ("cursor_factory=x", "cursor_factory"),
    ("context=x", "context"),
    ("conninfo=x", "conninfo"),
    (f"Password={SECRET}", "Password"),
    (f"passw={SECRET}", "passw"),
    (f"shop:{SECRET}@host=1", "option"),
    ("replication=database", "replication"),
    (f"connect_timeout={SECRET}", "connect_timeout"),
    (f"keepalives={SECRET}", "keepalives"),
    (f"password={SECRET}&password={SECRET}", "password"),
    ("sslmode=require&sslmode=disable", "sslmode"),
    (f"host=127.0.0.1&port={SECRET}", "port"),
    (f"host=shop:{SECRET}@127.0.0.1", "@"),
    (f"host=127.0.0.1:1&host=127.0.0.1:2&port={SECRET}", "port"),
    (f"user={SECRET}\ud800", "read"),
])  # fmt: skip
def test_an_option_that_is_not_postgresqls_or_cannot_be_is_refused_by_its_name(option, named):
    with pytest.raises(ConfigurationError, match=named) as refused:
        Inbox(f"{NOWHERE}?{option}")
    check_silent(refused.value)


@pytest.mark.parametrize(
    "option",
    [
        *("password", "sslpassword", "scram_client_key", "scram_server_key", "passfile", "sslkey", "sslcert"),
        *("dbname", "user", "service"),
    ],
)
def test_only_options_that_hold_no_secret_are_shown(option):
    address = Address(f"{NOWHERE}?{option}={SECRET}&sslmode=disable&application_name=till")
    assert SECRET not in str(address) + repr(address)
    assert str(address) == f"{NOWHERE}?application_name=till&sslmode=disable"
    assert address.masked(f"no such {option}: {SECRET}!") == f"no such {option}: ***!"


@pytest.mark.parametrize("option", ["scram_client_key", "user", "dbname", "service"])
def test_what_the_server_or_its_library_echoes_of_a_secret_is_masked(postgres_url, option):
    with pytest.raises(HaloPayError) as failed:
        Inbox(f"{postgres_url}&{option}={SECRET}")
    check_silent(failed.value)


def test_whatever_a_driver_raises_while_it_connects_is_our_error_without_its_frames(monkeypatch, postgres_url):
    def connect(*_, **options):
        held = SECRET, options
        raise TypeError(held)

    with Inbox(postgres_url) as inbox:
        inbox.store._engine.dispose()
        monkeypatch.setattr("psycopg.connect", connect)
        with pytest.raises(InboxUnavailable, match="TypeError") as failed:
            inbox.take([payment(1)])
    assert SECRET not in str(failed.value)
    assert failed.value.__cause__.__traceback__ is None


def test_an_at_sign_in_an_option_is_no_end_of_a_password():
    address = Address(f"postgresql://shop@till:5432/db?application_name=a:b@c&password={SECRET}@x")
    assert (address.url.host, address.url.database, address.url.username) == ("till", "db", "shop")
    assert address.url.query["application_name"] == "a:b@c"
    assert SECRET not in str(address)


def test_several_hosts_and_the_usual_options_are_taken(postgres_url):
    with Inbox(
        f"{postgres_url}&host=127.0.0.1:1&host=127.0.0.1:5432&sslmode=prefer&connect_timeout=5&keepalives_idle=7"
    ) as inbox:
        assert inbox.take([payment(1)])[0].new


def test_a_file_of_an_odd_name_is_named_by_its_url(tmp_path):
    for name in ("host=1.sqlite", "a:b@c.sqlite"):
        with Inbox(f"sqlite:///{tmp_path / name}") as inbox:
            inbox.take([payment(1)])
        with Inbox(tmp_path / name) as inbox:
            assert len(inbox.events()) == 1
