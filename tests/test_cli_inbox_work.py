"""`halopay inbox work`: one process for each event."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest

from halopay_kit.inbox import Inbox
from tests.inbox.waiting import APP_ID, arrival, at, fill, states
from tests.test_cli import HALOPAY, SECRET, halopay


@pytest.fixture
def url(tmp_path):
    return str(tmp_path / "inbox.sqlite")


@pytest.fixture
def inbox(url):
    with Inbox(url) as inbox:
        yield inbox


def work(url, *arguments, **environ):
    return halopay("inbox", "work", "--inbox", url, *arguments, **environ)


def once(url, script, *options, **environ):
    return work(url, "--once", *options, "--", "sh", "-c", script, **environ)


@contextmanager
def working(url, script, *options):
    command = [HALOPAY, "inbox", "work", "--inbox", url, *options, "--", "sh", "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def until(true, patience=10.0):
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_a_command_gets_each_event_as_a_line_of_json_and_in_its_environment(inbox, url):
    fill(inbox, "A", 2)
    done = once(url, 'cat; echo "$HALOPAY_EVENT_ID $HALOPAY_EVENT_KIND $HALOPAY_EVENT_TRADE_NO $HALOPAY_EVENT_STATUS"')
    assert (done.returncode, done.stderr) == (0, "")
    first, environ, second, _, sums = done.stdout.splitlines()
    assert environ == "1 payment A TO-BE-PAID"
    assert sums == "2 done"
    told = json.loads(first)
    assert (told["id"], told["trade_no"], told["out_trade_no"], told["attempts"]) == (1, "A", "TA", 1)
    assert (told["body"]["appid"], told["body"]["amount_collected"]) == (APP_ID, "1")
    assert json.loads(second)["id"] == 2
    assert states(inbox) == {"A1": "done", "A2": "done"}


def test_a_body_arrives_number_for_number_in_one_line(inbox, url):
    body = arrival("A", 1).event.body.replace(b'"chain_id"', b'\n"more": 1.10000000000000000000001,\r\n"chain_id"')
    inbox.take([arrival("A", 1)])
    with inbox.store.writing() as connection:
        connection.exec_driver_sql("UPDATE halopay_events SET body = ?", (body,))
    done = once(url, "cat")
    assert len(done.stdout.splitlines()) == 2
    assert '"more": 1.10000000000000000000001,' in done.stdout


def test_the_command_never_sees_our_keys(inbox, url):
    fill(inbox, "A")
    keys = {"HALOPAY_APP_KEY": SECRET, "HALOPAY_APP_KEYS": f"a={SECRET}2,b={SECRET}3"}
    done = once(url, "env", HALOPAY_APP_ID=APP_ID, **keys)
    assert SECRET not in done.stdout
    assert f"HALOPAY_APP_ID={APP_ID}" in done.stdout


def test_another_exit_code_is_tried_again_with_the_end_of_stderr_as_its_error(inbox, url):
    fill(inbox, "BA", 2)
    script = 'test "$HALOPAY_EVENT_TRADE_NO" != A || { seq 100 >&2; echo "no $KEY" >&2; exit 3; }'
    done = once(url, script, KEY=SECRET, HALOPAY_APP_KEY=SECRET)
    assert done.returncode == 1
    assert done.stdout == "2 done, 1 to be tried again\n"
    assert "event 2 failed at try 1, again in 1 s: exit code 3" in done.stderr
    failed = at(inbox, "A1")
    assert (failed.state, failed.attempts) == ("pending", 1)
    assert failed.error.splitlines()[0] == "82"
    assert failed.error.splitlines()[-2:] == ["no ***", "exit code 3"]
    assert states(inbox) == {"B1": "done", "A1": "pending", "B2": "done", "A2": "pending"}


def test_the_last_try_leaves_it_dead(inbox, url):
    fill(inbox, "A", 2)
    done = once(url, "exit $((HALOPAY_EVENT_ID == 1))", "--attempts", "1", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (1, {"done": 1, "again": 0, "dead": 1, "late": 0})
    assert states(inbox) == {"A1": "dead", "A2": "done"}


def test_with_json_only_the_sums_are_on_stdout(inbox, url):
    fill(inbox, "A")
    done = once(url, "echo said", "--json")
    assert json.loads(done.stdout)["done"] == 1
    assert done.stderr == "said\n"


def test_a_process_that_takes_too_long_is_ended_with_its_children(inbox, url, tmp_path):
    fill(inbox, "A")
    done = once(url, f"sleep 60 & echo $! > {tmp_path / 'pid'}; wait", "--timeout", "0.3")
    assert done.returncode == 1
    assert at(inbox, "A1").error == "it took longer than 0.3 seconds"
    until(lambda: not alive(tmp_path / "pid"))


def test_a_process_that_is_killed_is_told_so(inbox, url):
    fill(inbox, "A")
    once(url, "kill -9 $$")
    assert at(inbox, "A1").error == "ended by SIGKILL"


def test_what_a_process_leaves_behind_is_not_waited_for(inbox, url):
    fill(inbox, "A")
    began = time.monotonic()
    assert once(url, "sleep 5 >&- &").returncode == 0
    assert time.monotonic() - began < 4


def test_a_command_need_not_read(inbox, url):
    fill(inbox, "A")
    assert once(url, "exec <&-").stdout == "1 done\n"


def test_a_command_that_cannot_be_run_has_failed(inbox, url, tmp_path):
    fill(inbox, "A")
    broken = tmp_path / "broken"
    broken.write_text("#!/nowhere/at/all\n")
    broken.chmod(0o755)
    assert work(url, "--once", "--", str(broken)).returncode == 1
    assert "could not be run" in at(inbox, "A1").error


def test_several_workers_run_several_processes_at_a_time(inbox, url, tmp_path):
    fill(inbox, "AB")
    # each waits for the other
    script = f"cd {tmp_path}; touch $HALOPAY_EVENT_ID; until test -e $((3 - HALOPAY_EVENT_ID)); do sleep 0.01; done"
    assert once(url, script, "--workers", "2", "--timeout", "10").stdout == "2 done\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_worker_awaits_its_process(inbox, url, tmp_path, number):
    fill(inbox, "AB")
    begun = tmp_path / "begun"
    with working(url, f"touch {begun}; sleep 0.5; touch {tmp_path / 'ended'}") as process:
        until(begun.exists)
        process.send_signal(number)
        out, _ = process.communicate(timeout=10)
    assert (process.returncode, out) == (0, "1 done\n")
    assert (tmp_path / "ended").exists()
    assert sorted(states(inbox).values()) == ["done", "pending"]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_worker_that_is_interrupted_twice_ends_its_processes(inbox, url, tmp_path, workers):
    fill(inbox, "A")
    with working(url, f"echo $$ > {tmp_path / 'pid'}; exec sleep 60", "--workers", workers) as process:
        until(lambda: alive(tmp_path / "pid"))
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not alive(tmp_path / "pid")
    assert at(inbox, "A1").state in ({"pending"} if workers == "1" else {"pending", "claimed"})


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_worker_that_is_killed_takes_its_processes_along(inbox, url, tmp_path, workers):
    fill(inbox, "AB"[: int(workers)])
    script = f"trap '' TERM; sleep 0.5; sleep 60 & echo $! > {tmp_path}/pid$HALOPAY_EVENT_ID; wait; sleep 60"
    pids = [tmp_path / f"pid{number + 1}" for number in range(int(workers))]
    with working(url, script, "--workers", workers) as process:
        until(lambda: all(map(alive, pids)))
        process.kill()
        until(lambda: not any(map(alive, pids)))
    assert set(states(inbox).values()) == {"claimed"}


def test_what_a_process_leaves_behind_outlives_the_worker(inbox, url, tmp_path):
    fill(inbox, "A")
    with working(url, f"sleep 30 >&- 2>&- & echo $! > {tmp_path / 'pid'}") as process:
        until(lambda: states(inbox) == {"A1": "done"})
        process.kill()
        process.wait()
        time.sleep(1)
        assert alive(tmp_path / "pid")
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


def test_it_works_on_what_comes_until_it_is_ended(inbox, url):
    with working(url, "true") as process:
        for number in (1, 2):
            fill(inbox, "A", first=number)
            until(lambda number=number: states(inbox) == {f"A{n}": "done" for n in range(1, number + 1)})
        process.terminate()
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (0, "2 done\n")
    assert "Ctrl-C ends it" in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--inbox", "{url}"], "COMMAND"),
        (["--inbox", "{url}", "--", "nonsense-that-is-nowhere"], "is not a command"),
        (["--", "true"], "--inbox"),
        (["--inbox", "{url}.not-there", "--", "true"], "no inbox"),
        (["--inbox", "redis://x", "--", "true"], "redis"),
        (["--inbox", "{url}", "--workers", "0", "--", "true"], "workers"),
        (["--inbox", "{url}", "--timeout", "0", "--", "true"], "timeout"),
    ],
)
@pytest.mark.usefixtures("inbox")
def test_what_cannot_be_right_is_a_usage_error(url, arguments, says):
    done = halopay("inbox", "work", *(argument.format(url=url) for argument in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("inbox")
def test_nothing_to_do_is_done_and_the_store_may_come_from_the_environment(url):
    done = halopay("inbox", "work", "--once", "true", HALOPAY_INBOX=url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 done\n", "")


def test_dead_events_are_put_back_by_their_ids_or_all_of_them(inbox, url):
    fill(inbox, "ABC")
    once(url, "false", "--attempts", "1")
    done = halopay("inbox", "revive", "--inbox", url, "1", "99", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (1, {"revived": [1], "not_dead": [99]})
    assert halopay("inbox", "revive", "--inbox", url, "1").stderr == "event 1 was not dead\n"
    assert halopay("inbox", "revive", "--inbox", url, "--all").stdout == "2 revived\n"
    assert set(states(inbox).values()) == {"pending"}
    assert halopay("inbox", "revive", "--inbox", url).returncode == 2
    assert once(url, "true").stdout == "3 done\n"


def alive(path):
    try:
        os.kill(int(path.read_text()), 0)
    except (OSError, ValueError):
        return False
    return True
