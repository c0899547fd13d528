"""`halopay inbox list|show|stats|replay|export`, as a person or a script types it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest

from halopay_kit import AppKey, sign, webhooks
from halopay_kit.cli import halopay as command_line
from halopay_kit.cli import output
from halopay_kit.inbox import Arrival, Inbox
from halopay_kit.inbox.off_spec import OffSpec
from halopay_kit.pytest_plugin.endpoint import WebhookEndpoint
from tests.conftest import example, guess
from tests.test_cli import SECRET, halopay

APP_ID = "ad4cyr8dpfs9j2u1"
NOW = 1773750000
KEY = AppKey(SECRET)


def arrival(webhook: str, at: float = NOW, **changed: object) -> Arrival:
    body = json.dumps({**example(f"webhook.{webhook}")["body"], **changed}, indent=1).encode()
    app_id = json.loads(body)["appid"]
    headers = (("X-Appid", app_id), ("X-Timestamp", str(NOW)), ("X-Sign", sign(body, NOW, KEY)))
    event = webhooks.verify(body, headers, app_key=KEY, now=NOW)
    return Arrival(event=event, received_at=at, headers=headers)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """An inbox with five events: an order in three, a payout, a payment to an address; the second came three times."""
    path = str(tmp_path / "inbox.sqlite")
    with Inbox(path, clock=lambda: NOW + 100.0) as inbox:
        inbox.take([arrival("payment", status="TO-BE-PAID", amount_collected="2", time=NOW - 60)])
        for late in (0, 5, 20):
            inbox.take([arrival("payment", NOW + 1 + late, time=NOW - 3)])
        inbox.take([arrival("payment", NOW + 30, status="TIME-OUT", time=NOW - 40)])
        inbox.take([arrival("payout", NOW + 40), arrival("payment_qr_code", NOW + 50)])
        inbox.take([arrival("payment", NOW + 60, type="REFUND")])
        inbox.reject({"bad signature": 7, "stale": 1})
    return path


def inbox(command: str, url: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command in this process: what it prints, and how it would exit."""
    line = ["halopay", "inbox", command, "--inbox", url, *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HALOPAY_")}
    with patch.dict(os.environ, clean | environ, clear=True), patch.object(sys, "argv", line):
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err, pytest.raises(SystemExit) as exit_:
            output.run(command_line)
    return subprocess.CompletedProcess(line, int(exit_.value.code or 0), out.getvalue(), err.getvalue())


NAMES = {
    ("payment", "TO-BE-PAID"): "part",
    ("payment", "PAID"): "paid",
    ("payment", "TIME-OUT"): "out",
    ("payout", "PAID"): "payout",
    ("payment-qr-code", "PAID"): "qr",
}


def ids(url: str) -> dict[str, str]:
    """The id of each event by its name."""
    with Inbox(url) as store:
        return {NAMES[event.kind, str(event.status)]: str(event.id) for event in store.events()}


def listed(url: str, *arguments: str) -> str:
    done = inbox("list", url, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return " ".join(NAMES[event["kind"], event["status"]] for event in json.loads(done.stdout))


def test_list_shows_events_newest_first(url):
    told = inbox("list", url).stdout.splitlines()
    assert told[0].split()[:4] == ["id", "received", "kind", "status"]
    number = ids(url)
    assert [line.split()[0] for line in told[1:]] == [number[n] for n in ("qr", "payout", "out", "paid", "part")]
    assert "T-1002" in told[-1]
    assert "regress" in told[3]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], "qr payout out paid part"),
        (["--status", "PAID"], "qr payout paid"),
        (["--kind", "payment"], "out paid part"),
        (["--kind", "payment-qr-code"], "qr"),
        (["--out-trade-no", "P-7"], "payout"),
        (["--trade-no", "202603140648335b4a39281706f5e4d3", "--verdict", "news"], "paid part"),
        (["--verdict", "regress"], "out"),
        (["--state", "passed"], "out"),
        (["--origin", "query"], ""),
        (["--since", "2026-03-17T12:20:30Z"], "qr payout out"),
        (["--since", "2026-03-17T13:20:30+01:00", "--until", "2026-03-17T12:20:40"], "out"),
        (["--since", "1m"], ""),
        (["--until", "2026-03-17"], ""),
        (["--limit", "2"], "qr payout"),
        (["--limit", "2", "--after", "payout"], "out paid"),
        (["--after", "part"], ""),
    ],
)
def test_list_filters_and_pages(url, arguments, found):
    numbers = ids(url)
    after = arguments.index("--after") + 1 if "--after" in arguments else None
    given = [numbers[argument] if place == after else argument for place, argument in enumerate(arguments)]
    assert listed(url, *given) == found


def test_list_says_how_to_go_on(url):
    done = inbox("list", url, "--limit", "4")
    assert f"--after {ids(url)['paid']}" in done.stderr
    assert "--after" not in inbox("list", url, "--limit", "6").stderr


def test_the_json_of_an_event_has_its_signed_body_as_an_object(url):
    event = json.loads(inbox("list", url, "--json", "--kind", "payout").stdout)[0]
    assert event["body"]["address"] == "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf"
    assert (event["state"], event["received_at"]) == ("pending", NOW + 40)


def test_webhooks_of_an_unknown_type_are_listed_apart(url):
    assert "REFUND" in inbox("list", url, "--unknown").stdout
    assert json.loads(inbox("list", url, "--unknown", "--json").stdout)[0]["body"]["type"] == "REFUND"
    assert inbox("list", url, "--unknown", "--status", "PAID").returncode == 2


@guess("PaymentQrCodeEvent")
def test_genuine_webhooks_that_are_not_what_the_spec_says_are_listed_with_the_reason(url):
    bodies = [b'{"status": "PAID", "status": "FAIL"}', b'{"a": "\xff"}', b'{"time": "soon",\n "amount": 1.10}']
    with Inbox(url) as store:
        for body in bodies:
            told = {"app_id": APP_ID, "received_at": NOW, "signed_at": NOW}
            store.keep([OffSpec(body=body, problem="time: expected a whole number, got a string", **told)])
    assert inbox("list", url, "--unknown").stdout.count("time: expected a whole number") == 3
    last, *others, refund = json.loads(inbox("list", url, "--unknown", "--json").stdout)
    assert (last["body"], last["problem"][:4]) == ({"time": "soon", "amount": 1.1}, "time")
    assert [each["body"] for each in others] == ['{"a": "\\xff"}', '{"status": "PAID", "status": "FAIL"}']
    assert refund["problem"] is None


def test_show_tells_all_of_one_event_and_no_signature(url):
    told = inbox("show", url, ids(url)["paid"]).stdout
    assert "202603140648335b4a39281706f5e4d3" in told
    assert told.splitlines()[-1].split() == ["3", "2026-03-17", "12:20:21", "20"]
    event = json.loads(inbox("show", url, ids(url)["paid"], "--json").stdout)
    assert [each["attempt"] for each in event["deliveries"]] == [1, 2, 3]
    assert ["X-Appid", APP_ID] in event["deliveries"][0]["headers"]
    assert "x-sign" not in json.dumps(event).lower()
    missing = inbox("show", url, "99")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "no event 99" in missing.stderr


def test_stats_show_lag_duplicates_attempts_and_what_was_refused(url):
    stats = json.loads(inbox("stats", url, "--json").stdout)
    assert (stats["events"], stats["deliveries"], stats["duplicates"], stats["unknown"]) == (5, 7, 2, 1)
    assert stats["rejected"] == {"bad signature": 7, "stale": 1}
    assert [(each["number"], each["after"], each["documented"]) for each in stats["attempts"]] == [
        (1, 0, 0),
        (2, 5, 5),
        (3, 20, 20),
    ]
    assert stats["kinds"] == {"payment": 3, "payout": 1, "payment-qr-code": 1}
    assert stats["states"]["passed"] == 1
    assert stats["delay"]["of"] == 5
    assert stats["delay"]["median"] == 70
    told = inbox("stats", url).stdout
    for part in ("duplicates", "bad signature", "seconds after the first", "oldest pending", "median 70 s"):
        assert part in told
    assert json.loads(inbox("stats", url, "--json").stdout)["lag"] > 0


def test_stats_do_without_an_event_that_is_none_by_this_kits_spec(url):
    whole = json.loads(inbox("stats", url, "--json").stdout)["delay"]["of"]
    with Inbox(url) as store, store.store.writing() as connection:
        body = b'{"type": "PAYMENT"}'
        connection.exec_driver_sql("UPDATE halopay_events SET body = ? WHERE id = 1", (body,))
    done = inbox("stats", url, "--json")
    assert (done.returncode, json.loads(done.stdout)["delay"]["of"]) == (0, whole - 1)


def test_stats_of_an_empty_inbox(tmp_path):
    Inbox(tmp_path / "i.sqlite").close()
    assert inbox("stats", str(tmp_path / "i.sqlite")).returncode == 0
    assert json.loads(inbox("list", str(tmp_path / "i.sqlite"), "--json").stdout) == []


def test_export_writes_what_the_name_says(url, tmp_path):
    for name in ("e.parquet", "e.csv", "e.jsonl"):
        done = inbox("export", url, str(tmp_path / name), "--json")
        assert json.loads(done.stdout) == {"file": str(tmp_path / name), "rows": 5}
    assert pq.read_table(tmp_path / "e.parquet").num_rows == 5
    with (tmp_path / "e.csv").open(newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == list(ids(url).values())
    done = inbox("export", url, str(tmp_path / "some"), "--format", "jsonl", "--kind", "payout")
    assert done.stdout.startswith("1 events are in")
    wrong = inbox("export", url, str(tmp_path / "e.xlsx"))
    assert (wrong.returncode, wrong.stdout) == (2, "")


def test_an_export_that_does_not_fit_names_the_event_and_writes_nothing(url, tmp_path):
    with Inbox(url) as store:
        store.take([arrival("payment", trade_no="N1", amount="1" * 30)])
    done = inbox("export", url, str(tmp_path / "e.parquet"))
    assert done.returncode == 1
    with Inbox(url) as store:
        assert f"event {store.events(trade_no='N1')[0].id}: " in done.stderr
    assert "--unfit-empty" in done.stderr
    assert not (tmp_path / "e.parquet").exists()
    assert inbox("export", url, str(tmp_path / "e.parquet"), "--unfit-empty").returncode == 0


def test_replay_sends_signed_afresh_oldest_first(url):
    environ, number = {"HALOPAY_APP_KEY": SECRET}, ids(url)
    with WebhookEndpoint(APP_ID, KEY, time.time) as endpoint:
        done = inbox("replay", url, endpoint.url, "--trade-no", "202603140648335b4a39281706f5e4d3", **environ)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("✓ event") == 3
        assert "3 of 3 were answered with Success" in done.stdout
        assert [str(event.data.status) for event in endpoint.events] == ["TO-BE-PAID", "PAID", "TIME-OUT"]
        assert (
            inbox("replay", url, endpoint.url, "--id", number["payout"], "--id", number["paid"], **environ).returncode
            == 0
        )
        endpoint.answer = (500, "no\x1b[31m")
        failed = inbox("replay", url, endpoint.url, "--id", number["paid"], "--json", **environ)
    assert (failed.returncode, len(endpoint.events)) == (1, 6)
    told = json.loads(failed.stdout)[0]
    assert (told["status"], told["answer"], told["acknowledged"]) == (500, "no\x1b[31m", False)
    assert "\x1b" not in failed.stdout
    assert SECRET not in done.stdout + done.stderr + failed.stdout + failed.stderr


def test_replay_takes_the_keys_of_several_apps(url):
    environ = {"HALOPAY_APP_ID": APP_ID, "HALOPAY_APP_KEY": SECRET}
    with WebhookEndpoint("qd4cyr8dpfs9j2u12", AppKey("other"), time.time) as endpoint:
        done = inbox(
            "replay", url, endpoint.url, "--id", ids(url)["qr"], **environ, HALOPAY_APP_KEYS="qd4cyr8dpfs9j2u12=other"
        )
        assert done.returncode == 0, done.stdout
        keys = {"HALOPAY_APP_KEYS": "qd4cyr8dpfs9j2u12=other,qd4cyr8dpfs9j2u12=older"}
        assert inbox("replay", url, endpoint.url, "--id", ids(url)["qr"], **keys).returncode == 0
    done = inbox("replay", url, "http://127.0.0.1:9/", "--id", ids(url)["qr"], **environ)
    assert done.returncode == 2
    assert "qd4cyr8dpfs9j2u12" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environ", "code", "says"),
    [
        (["http://example.com/"], {"HALOPAY_APP_KEY": SECRET}, 2, "another machine"),
        (["http://127.0.0.1:9/"], {}, 2, "AppKey"),
        (["http://127.0.0.1:9/"], {"HALOPAY_APP_KEYS": f"a={SECRET},{SECRET}"}, 2, "part 2"),
        (["http://127.0.0.1:9/", "--id", "99"], {"HALOPAY_APP_KEY": SECRET}, 1, "no event 99"),
        (["http://127.0.0.1:9/", "--id", "1", "--status", "PAID"], {"HALOPAY_APP_KEY": SECRET}, 2, "--id"),
        (["http://127.0.0.1:9/", "--status", "NONE"], {"HALOPAY_APP_KEY": SECRET}, 0, ""),
        ([], {}, 2, "TARGET_URL"),
    ],
)
def test_replay_refuses_what_cannot_be_right(url, arguments, environ, code, says):
    done = inbox("replay", url, *arguments, **environ)
    assert done.returncode == code
    assert says in done.stderr
    assert SECRET not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["list", "show", "stats", "export", "replay"])
def test_every_command_has_help_with_an_example_and_needs_an_inbox_that_is_there(command, tmp_path):
    assert f"halopay inbox {command} --inbox" in halopay("inbox", command, "--help").stdout
    more = {"show": ["1"], "export": [str(tmp_path / "e.csv")], "replay": ["http://127.0.0.1:9/"]}.get(command, [])
    done = inbox(command, str(tmp_path / "none.sqlite"), *more, HALOPAY_APP_KEY=SECRET)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no inbox" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_inbox_comes_from_the_environment_and_its_password_is_never_shown(url):
    assert halopay("inbox", "stats", HALOPAY_INBOX=url).returncode == 0
    assert halopay("inbox", "stats").returncode == 2
    done = halopay("inbox", "stats", HALOPAY_INBOX="postgresql://someone:hidden-one@127.0.0.1:9/none")
    assert done.returncode == 1
    assert "hidden-one" not in done.stdout + done.stderr


@pytest.mark.parametrize("wrong", [["--since", "soon"], ["--status"], ["--state", "lost"], ["--limit", "0"]])
def test_a_filter_that_cannot_be_right_is_a_usage_error(url, wrong):
    assert inbox("list", url, *wrong).returncode == 2


def test_postgresql_is_listed_and_exported_as_well(postgres_url, tmp_path):
    with Inbox(postgres_url) as store:
        store.take([arrival("payment"), arrival("payout")])
    assert listed(postgres_url) == "payout paid"
    assert inbox("stats", postgres_url).returncode == 0
    assert inbox("export", postgres_url, str(tmp_path / "e.parquet")).returncode == 0
