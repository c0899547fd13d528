"""Traffic as other tools write it: the real writers of Schemathesis, the real exports of an inbox, other cassettes."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from halopay_kit import webhooks
from halopay_kit.contract.run import result
from halopay_kit.contract.traffic import Traffic, read
from tests.conftest import needs
from tests.contract import captures
from tests.contract.captures import KEY, Session, changed


@pytest.fixture(scope="module")
def recorded() -> Session:
    return captures.record()


@pytest.fixture
def session(recorded: Session) -> Session:
    return changed(recorded)


def looked_at(path: Path) -> Traffic:
    traffic = read([path], app_key=KEY)
    (count,) = traffic.counts
    assert count.read == count.used + sum(count.passed.values()) + count.refused
    return traffic


# --- Schemathesis


@pytest.fixture
def recorder(session: Session) -> Any:
    needs(importlib.util.find_spec("schemathesis") is None, "schemathesis")
    import requests
    from schemathesis.core.transport import Response
    from schemathesis.engine.recorder import Interaction, Request, ScenarioRecorder

    made = ScenarioRecorder(label="POST /api/order/create")
    for number, seen in enumerate(seen for seen in session if seen.url != captures.SHOP):
        prepared = requests.Request("POST", seen.url, dict(seen.headers), data=seen.body).prepare()
        response = Response(
            status_code=seen.status,
            headers={name.lower(): [value] for name, value in seen.answer_headers},
            content=seen.answer,
            request=prepared,
            elapsed=0.01,
            verify=True,
            encoding="utf-8",
        )
        interaction = Interaction(request=Request.from_prepared_request(prepared), response=response)
        interaction.timestamp = seen.at
        made.interactions[f"case{number}"] = interaction
        made.cases[f"case{number}"] = _case()
    return made


def _case() -> Any:
    class Node:
        class value:  # noqa: N801  # as Schemathesis calls it
            meta = None

    return Node


def as_har(recorder: Any, path: Path, as_bytes: bool) -> None:
    from schemathesis.config import OutputConfig
    from schemathesis.reporting.har import HarWriter

    with HarWriter(path, OutputConfig(), preserve_bytes=as_bytes) as writer:
        writer.open()
        writer.write(recorder)


def as_vcr(recorder: Any, path: Path, as_bytes: bool) -> None:
    from schemathesis.config import OutputConfig
    from schemathesis.reporting.vcr import VcrWriter

    with VcrWriter(path, OutputConfig(), preserve_bytes=as_bytes) as writer:
        writer.open(command="st run")
        writer.write(recorder)


def as_events(recorder: Any, path: Path, _as_bytes: bool) -> None:
    import uuid

    from schemathesis.engine import Status, events
    from schemathesis.engine.run import PhaseName
    from schemathesis.reporting.ndjson import NdjsonWriter

    recorder.cases.clear()
    with NdjsonWriter(path) as writer:
        writer.open(command="st run")
        finished = events.ScenarioFinished(
            id=uuid.uuid4(), phase=PhaseName.FUZZING, suite_id=uuid.uuid4(), label=recorder.label,
            status=Status.SUCCESS, recorder=recorder, elapsed_time=1.0, skip_reason=None, is_final=True,
        )  # fmt: skip
        writer.write_event(finished)


@pytest.mark.parametrize("as_bytes", [True, False], ids=["bytes", "text"])
@pytest.mark.parametrize("write", [as_har, as_vcr, as_events])
def test_a_report_of_schemathesis_is_read_with_the_bytes_of_the_wire(write, as_bytes, recorder, tmp_path):
    write(recorder, tmp_path / "report", as_bytes)
    traffic = looked_at(tmp_path / "report")
    assert [exchange.raw for exchange in traffic.observed.exchanges] == [True] * 10
    assert traffic.observed.exchanges[0].request_body.startswith(b'{"out_trade_no"')
    assert result(traffic.observed, (KEY,)).findings == ()


def test_an_answer_of_which_only_the_beginning_was_kept_is_refused(recorder, tmp_path):
    response = recorder.interactions["case0"].response
    response.content, response.content_size = response.content[:20], 1_000_000
    as_events(recorder, tmp_path / "report", True)
    (count,) = looked_at(tmp_path / "report").counts
    assert (count.used, count.refused) == (9, 1)
    assert "only the beginning" in count.reasons[0]


# --- inbox


@pytest.fixture
def inbox(session: Session, tmp_path: Path) -> Any:
    needs(importlib.util.find_spec("sqlalchemy") is None, "sqlalchemy")
    from halopay_kit.inbox import Arrival, Inbox

    with Inbox(f"sqlite:///{tmp_path / 'inbox.sqlite'}") as inbox:
        for seen in session:
            if seen.url == captures.SHOP:
                event = webhooks.verify(seen.body, seen.headers, app_key=KEY, now=seen.at)
                inbox.take([Arrival(event=event, received_at=seen.at, headers=tuple(seen.headers))])
        yield inbox


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_an_export_of_an_inbox_is_read_without_signatures(suffix, inbox, session, tmp_path):
    from halopay_kit.inbox.export import export

    if suffix == ".parquet":
        needs(importlib.util.find_spec("pyarrow") is None, "pyarrow")
    path = tmp_path / f"events{suffix}"
    export(inbox, path)
    disguised = path.rename(tmp_path / "export")
    traffic = looked_at(disguised)
    assert [delivery.body for delivery in traffic.observed.deliveries] == [
        seen.body for seen in session if seen.url == captures.SHOP
    ]
    assert not any(delivery.raw for delivery in traffic.observed.deliveries)
    found = result(traffic.observed, (KEY,)).findings
    assert {finding.kind for finding in found} <= {"signature-unjudged"}


def test_an_export_that_is_cut_off_is_refused(inbox, tmp_path):
    from halopay_kit.errors import UnreadableTraffic
    from halopay_kit.inbox.export import export

    needs(importlib.util.find_spec("pyarrow") is None, "pyarrow")
    export(inbox, tmp_path / "events.parquet")
    content = (tmp_path / "events.parquet").read_bytes()
    (tmp_path / "cut").write_bytes(content[:-20])
    with pytest.raises(UnreadableTraffic, match="cut off"):
        read([tmp_path / "cut"])


def test_parquet_that_is_no_export_says_what_is_missing(tmp_path):
    needs(importlib.util.find_spec("pyarrow") is None, "pyarrow")
    import pyarrow
    import pyarrow.parquet

    from halopay_kit.errors import UnreadableTraffic

    pyarrow.parquet.write_table(pyarrow.table({"a": [1]}), tmp_path / "table")
    with pytest.raises(UnreadableTraffic, match="without the columns body"):
        read([tmp_path / "table"])


# --- cassettes of others

Shape = Callable[[Any], dict[str, Any]]


def ruby(seen: Any) -> dict[str, Any]:
    return {
        "request": {"method": "post", "uri": seen.url, "body": {"encoding": "UTF-8", "string": seen.body.decode()},
                    "headers": {name: [value] for name, value in seen.headers}},
        "response": {"status": {"code": seen.status, "message": "OK"},
                     "headers": {name: [value] for name, value in seen.answer_headers},
                     "body": {"encoding": "ASCII-8BIT", "string": seen.answer}},
        "recorded_at": "Mon, 23 Nov 2026 08:00:00 GMT",
    }  # fmt: skip


def go(seen: Any) -> dict[str, Any]:
    return {
        "id": 0,
        "request": {"method": "POST", "url": seen.url, "body": seen.body.decode(),
                    "headers": {name: [value] for name, value in seen.headers}},
        "response": {"status": "200 OK", "code": 200, "body": seen.answer.decode(),
                     "headers": {name: [value] for name, value in seen.answer_headers}},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "shape", "top"),
    [("http_interactions", ruby, {"recorded_with": "VCR 6.3.1"}), ("interactions", go, {"version": 2})],
    ids=["Ruby's VCR", "go-vcr"],
)
def test_cassettes_of_other_languages_are_read(name, shape, top, session, tmp_path):
    calls = [seen for seen in session if seen.url != captures.SHOP]
    (tmp_path / "cassette").write_text(yaml.safe_dump({**top, name: [shape(seen) for seen in calls]}))
    traffic = looked_at(tmp_path / "cassette")
    assert [exchange.answer_body for exchange in traffic.observed.exchanges] == [seen.answer for seen in calls]
    assert all(exchange.raw for exchange in traffic.observed.exchanges)


def test_several_files_are_one_session(session, tmp_path):
    for number, part in enumerate((session[5:], session[:5])):
        (tmp_path / f"part{number}").write_text(json.dumps(captures.har(Session(part))))
    traffic = read([tmp_path / "part0", tmp_path / "part1"], app_key=KEY)
    assert [count.used for count in traffic.counts] == [8, 5]
    assert [exchange.number for exchange in traffic.observed.exchanges] == list(range(1, 11))
    assert traffic.observed.exchanges[0].operation == "order.create"
    assert traffic.observed.target == "traffic: part0, part1"
    assert result(traffic.observed, (KEY,)).findings == ()
