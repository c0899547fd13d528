"""A consumer in a process of its own: `python -m tests.inbox.consumer MODE URL DIRECTORY`.

It appends a line to DIRECTORY/log for each event that it begins and ends, and holds a lock of the event's order
meanwhile, which ends with the process; who finds it taken has caught two at once.
"""

from __future__ import annotations

import fcntl
import os
import random
import sys
import time
from pathlib import Path

from sqlalchemy import text

from halopay_kit.inbox import Inbox


def main(mode: str, url: str, directory: str) -> None:
    log = os.open(Path(directory) / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    chance = random.Random(os.getpid())

    def say(what, event):
        os.write(log, f"{what} {event.subject} {event.id} {os.getpid()}\n".encode())

    def handle(event, connection=None):
        guard = os.open(Path(directory) / f"order-{event.subject}", os.O_WRONLY | os.O_CREAT)
        try:
            try:
                fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("two-at-once", event)
            say("begin", event)
            if connection is not None:
                connection.execute(text("INSERT INTO effects (id) VALUES (:id)"), {"id": event.id})
            if mode in {"slow", "slow-joined"}:
                time.sleep(0.5)
            elif chance.random() < 0.2:
                time.sleep(0.002)
            if mode == "hang":
                time.sleep(600)
            if mode in {"random", "joined"} and chance.random() < 0.1:
                raise ValueError("by chance")
            say("end", event)
        finally:
            os.close(guard)

    with Inbox(url) as inbox:
        print("ready", flush=True)
        inbox.consume(
            handle,
            lease={"joined": 2.0, "hang": 0.3}.get(mode, 1.0),
            workers=2 if mode in {"random", "joined"} else 1,
            backoff=[0.02],
            attempts=1000,
            transaction=mode in {"joined", "slow-joined"},
            until_empty=mode == "until-empty",
        )
    print("over", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
