"""A consumer in a process of its own, whose effect joins the event's transaction: `python -m tests.proofs.consumer`."""

from __future__ import annotations

import os
import random
import sys

from halopay_kit.inbox import Inbox

TABLE = """
CREATE TABLE handled (
    place INTEGER PRIMARY KEY {serial}, event_id BIGINT NOT NULL, subject BIGINT NOT NULL, status TEXT,
    amount TEXT, worker BIGINT NOT NULL
)"""


def work(url: str, seed: int) -> None:
    """Handle events until killed; now and then fail."""
    chance = random.Random(seed)

    def handler(event, connection):  # type: ignore[no-untyped-def]
        row = (event.id, event.subject, event.status, event.amount_collected, os.getpid())
        marks = "?, ?, ?, ?, ?" if connection.dialect.name == "sqlite" else "%s, %s, %s, %s, %s"
        connection.exec_driver_sql(
            f"INSERT INTO handled (event_id, subject, status, amount, worker) VALUES ({marks})", row
        )
        if chance.random() < 0.1:
            raise RuntimeError("as planned, after its effect was written")

    with Inbox(url) as inbox:
        print("working", flush=True)
        inbox.consume(handler, transaction=True, lease=1.5, backoff=(0.02,), attempts=1000)


if __name__ == "__main__":
    work(sys.argv[1], int(sys.argv[2]))
