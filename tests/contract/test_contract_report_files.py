"""The reports of a run: JSON, JUnit, a page, HAR, lines of a terminal; complete, readable, without secrets."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import attrs
import pytest

from halopay_kit import Sandbox
from halopay_kit.contract.exchange import Delivery, Exchange, Observed
from halopay_kit.contract.finding import Finding
from halopay_kit.contract.kinds import GROUPS, KINDS
from halopay_kit.contract.observe import Scope
from halopay_kit.contract.report import FILES, Masking, as_json, har, html, junit, terminal, write
from halopay_kit.contract.result import Check, Result, Verdict
from halopay_kit.contract.run import result as judged
from halopay_kit.contract.run import run
from halopay_kit.contract.target import Target
from halopay_kit.contract.traffic import read
from halopay_kit.errors import ExportError
from tests.contract.captures import KEY, KEY_TEXT

DRIFT = ["order.create.amount:renamed", "webhook.payment.status:new-value", "order.detail:added", "header:added"]
EVIL = "<script>alert(1)</script>'\"&\x1b[31m\ud800\u202e"


@pytest.fixture(scope="module")
def drifted() -> Result:
    with Sandbox(seed=2, app_key=KEY_TEXT, start="2026-03-18T09:00:00Z", drift=DRIFT) as box:
        return run(Target.sandbox(box), Scope(phases=("journey", "headers", "bodies")))


@pytest.fixture(scope="module")
def masking(drifted: Result) -> Masking:
    return Masking.of(drifted.observed, secrets=[KEY_TEXT], app_keys=[KEY])


@pytest.fixture
def hostile() -> Result:
    """What a target that wants to harm whoever reads the report could cause."""
    body = json.dumps({"code": 0, EVIL: EVIL, "data": {"appid": "x", EVIL: {EVIL: [EVIL]}}}).encode()
    headers = (("X-Sign", "ab" * 32), (EVIL, EVIL), ("content-type", EVIL))
    exchange = Exchange(number=1, operation=None, method=EVIL, url=f"http://{EVIL}/", at=1.0, status=200,
                        answer_headers=headers, answer_body=body, error=EVIL)  # fmt: skip
    finding = Finding(kind="field-added", grade="broken", place=f"order.create.{EVIL}", pointer=EVIL, says=EVIL,
                      seen={"name": EVIL, EVIL: {EVIL: [EVIL]}}, evidence=("x1", "d1"), first_at=1e99)  # fmt: skip
    return Result(
        observed=Observed(
            exchanges=(exchange,),
            deliveries=(Delivery(number=1, webhook=EVIL, at=None, headers=headers, body=b"\xff\x00", answered=EVIL),),
            target=EVIL,
            started=0.0,
            ended=1.0,
            unreadable=(EVIL,),
            unreached={"order.create": EVIL},
        ),
        findings=(finding,),
        accepted=(attrs.evolve(finding, grade="drift", place=EVIL),),
        checks=(Check(name="order.create", cases=1, failed=1), Check(name=EVIL, not_reached=EVIL)),
        verdicts=(Verdict(entry=EVIL, subject=EVIL, settled="settled", says=EVIL, evidence=(EVIL,)),),
        met={EVIL: 1},
        reproduce={finding.id: EVIL},
    )


@pytest.fixture
def clean() -> Result:
    observed = Observed(target="sandbox", started=1.0, ended=2.0)
    return Result(observed=observed, checks=(Check(name="order.create", cases=2, passed=2),))


def parsed(content: bytes) -> ET.Element:
    return ET.fromstring(content)  # noqa: S314  # of our own making


class Page(HTMLParser):
    """Notes what a page would load, run or link to."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.text: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attributes]
        self.ids += [value or "" for name, value in attributes if name == "id"]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


# --- secrets


def test_no_report_of_a_run_holds_the_key_an_app_id_or_a_signature(drifted, masking, tmp_path):
    observed = drifted.observed
    lines = [line for each in observed.exchanges for line in (*each.request_headers, *each.answer_headers)]
    lines += [line for each in observed.deliveries for line in each.headers]
    secrets = {value for name, value in lines if name.lower() in ("x-sign", "x-appid") and len(value) > 8}
    secrets |= {
        KEY_TEXT,
        quote(KEY_TEXT, safe=""),
        base64.b64encode(KEY_TEXT.encode()).decode(),
        KEY_TEXT.encode().hex(),
    }
    assert len(secrets) > 500
    files = write(drifted, tmp_path, masking)
    assert {file.name for file in files} == set(FILES)
    for file in files:
        found = set(re.findall(r"[\w/+=%-]{8,}", file.read_text()))
        assert not found & secrets, file.name
        assert not any(secret in file.read_text() for secret in list(secrets)[:50]), file.name
        assert KEY_TEXT not in file.read_text()
    shown = "\n".join(line.text for line in terminal.lines(drifted, masking))
    assert not any(secret in shown for secret in secrets)


def test_a_key_that_a_target_echoes_is_masked_wherever_it_echoes_it(hostile, tmp_path):
    forms = [KEY_TEXT, quote(KEY_TEXT, safe=""), base64.b64encode(KEY_TEXT.encode()).decode(), KEY_TEXT.encode().hex()]
    told = " ".join(forms)
    exchange = attrs.evolve(hostile.observed.exchanges[0], url=f"http://h/?k={told}", answer_body=told.encode())
    echoing = attrs.evolve(
        hostile,
        observed=attrs.evolve(hostile.observed, exchanges=(exchange,), target=told, unreadable=(told,)),
        findings=(attrs.evolve(hostile.findings[0], says=told, place=told, seen={"value": told, told: 1}),),
        verdicts=(attrs.evolve(hostile.verdicts[0], says=told),),
        met={told: 1},
    )
    masking = Masking.of(echoing.observed, secrets=[KEY_TEXT])
    for file in write(echoing, tmp_path, masking):
        assert not any(form in file.read_text() for form in forms), file.name
    assert not any(form in line.text for form in forms for line in terminal.lines(echoing, masking))


# --- JSON


def test_the_json_says_what_was_found_and_where(drifted, masking):
    told = json.loads(as_json.render(drifted, masking))
    assert (told["version"], told["verdict"], told["exit_code"]) == (1, "broken", 1)
    found = {(each["kind"], each["place"]) for each in told["findings"]}
    assert ("field-renamed", "order.create.amount") in found
    assert ("field-added", "order.detail.risk_level") in found
    assert ("value-unknown", "webhook.payment.status") in found
    assert [each["grade"] for each in told["findings"]] == sorted(
        (each["grade"] for each in told["findings"]), key=["broken", "drift", "note"].index
    )
    renamed = next(each for each in told["findings"] if each["kind"] == "field-renamed")
    assert renamed["evidence"][0]["name"] == "order.create"
    assert renamed["reproduce"].startswith("halopay ")
    assert sum(row["cases"] for row in told["summary"] if row["name"].startswith(("order.", "payout."))) > 100
    assert told["exchanges"] == len(drifted.observed.exchanges)
    assert told["met"]


def test_a_file_of_traffic_is_counted_in_the_json(clean, tmp_path):
    capture = tmp_path / "capture"
    capture.write_text('{"operation": "order.detail", "status": 200, "answer_body": "{}"}\n[]')
    counts = read([capture]).counts
    (file,) = json.loads(as_json.render(clean, Masking(), counts))["files"]
    assert (file["read"], file["exchanges"], file["deliveries"], file["refused"]) == (2, 1, 0, 1)


# --- JUnit


def test_junit_has_a_case_for_each_operation_and_group(drifted, masking):
    root = parsed(junit.render(drifted, masking))
    (suite,) = root
    cases = suite.findall("testcase")
    assert int(suite.get("tests") or 0) == len(cases) > 60
    failed = {(case.get("classname"), case.get("name")) for case in cases if case.find("failure") is not None}
    assert {("order.create", "fields"), ("webhook.payment", "values"), ("order.detail", "fields")} <= failed
    assert int(suite.get("failures") or 0) == len(failed)
    types = {failure.get("type") for failure in suite.iter("failure")}
    assert types == {"broken", "drift"}
    assert ("header", "headers") in failed  # one was added
    assert ("signature", "signature") in {(case.get("classname"), case.get("name")) for case in cases} - failed


def test_junit_skips_what_was_not_reached_and_tells_notes_aside(clean):
    note = Finding(kind="frequent", grade="note", place="order.create", says="too often")
    result = attrs.evolve(
        clean, findings=(note,), checks=(*clean.checks, Check(name="payout.create", not_reached="moves money"))
    )
    suite = parsed(junit.render(result, Masking()))[0]
    skipped = [case for case in suite.iter("testcase") if case.find("skipped") is not None]
    assert {case.get("classname") for case in skipped} == {"payout.create"}
    assert suite.get("failures") == "0"
    outcome = next(case for case in suite.iter("testcase") if case.get("name") == "outcome")
    assert "too often" in (outcome.findtext("system-out") or "")


def test_every_case_of_junit_is_a_group_of_checks_that_can_find_something_there(drifted, masking):
    kinds = {kind.name for kind in KINDS.values() if kind.group in GROUPS}
    assert kinds == set(KINDS)
    cases = parsed(junit.render(drifted, masking))[0].findall("testcase")
    assert {case.get("name") for case in cases} == set(GROUPS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_finding_of_every_kind_fails_the_case_of_its_group(clean, kind):
    finding = Finding(kind=kind.name, grade="broken", place="order.create", says="so")
    suite = parsed(junit.render(attrs.evolve(clean, findings=(finding,)), Masking()))[0]
    failed = [case for case in suite.iter("testcase") if case.find("failure") is not None]
    assert [(case.get("classname"), case.get("name")) for case in failed] == [("order.create", kind.group)]


def test_what_the_baseline_accepts_is_no_failure(clean):
    finding = Finding(kind="field-added", grade="drift", place="order.create.x", says="new")
    suite = parsed(junit.render(attrs.evolve(clean, accepted=(finding,)), Masking()))[0]
    assert suite.get("failures") == "0"
    assert "accepted" in (suite.find("testcase/system-out").text or "")


# --- HAR


def test_the_har_of_a_run_is_read_again_with_the_same_findings(drifted, masking, tmp_path):
    path = tmp_path / "again"
    path.write_bytes(b"".join(har.render(drifted.observed, masking)))
    traffic = read([path], app_key=KEY)
    assert len(traffic.observed.exchanges) == len(drifted.observed.exchanges)
    assert len(traffic.observed.deliveries) == len(drifted.observed.deliveries)
    assert not any(each.raw for each in (*traffic.observed.exchanges, *traffic.observed.deliveries))
    again = judged(traffic.observed, (KEY,))
    told = {(finding.kind, finding.place) for finding in again.findings}
    assert {(finding.kind, finding.place) for finding in drifted.findings} <= told
    assert told - {(finding.kind, finding.place) for finding in drifted.findings} == {
        ("signature-unjudged", "signature")
    }


def test_the_har_is_as_the_format_wants_it(drifted, masking):
    log = json.loads(b"".join(har.render(drifted.observed, masking)))["log"]
    assert (log["version"], log["creator"]["name"]) == ("1.2", "halopay-kit")
    for entry in log["entries"]:
        assert entry.keys() >= {"startedDateTime", "time", "request", "response", "cache", "timings"}
        assert entry["request"].keys() >= {"method", "url", "httpVersion", "cookies", "headers", "queryString"}
        assert entry["response"].keys() >= {"status", "statusText", "httpVersion", "cookies", "headers", "content"}
    starts = [entry["startedDateTime"] for entry in log["entries"]]
    assert starts == sorted(starts)


def test_an_empty_run_gives_an_empty_har(clean):
    assert json.loads(b"".join(har.render(clean.observed, Masking())))["log"]["entries"] == []


# --- the page


def test_the_page_asks_for_nothing_and_runs_nothing(drifted, masking):
    page = Page(html.render(drifted, masking))
    assert not {"script", "img", "iframe", "link", "object", "embed", "form", "base", "audio", "video"} & set(page.tags)
    assert [value for name, value in page.attributes if name in ("src", "srcset", "style", "action")] == []
    assert all(value.startswith("#") for name, value in page.attributes if name == "href")
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    style = re.search(r"<style>(.*?)</style>", html.render(drifted, masking).decode(), re.DOTALL)
    assert style is not None
    assert not re.search(r"url\(|@import|expression", style[1])
    assert (
        "content",
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    ) in page.attributes


def test_the_page_shows_both_sides_the_shape_and_the_command(drifted, masking):
    text = " ".join(" ".join(Page(html.render(drifted, masking)).text).split())
    assert "The spec is not kept" in text
    for words in ("order.create.amount", "field-renamed", "The spec says", "native#1/response", "SUSPENDED"):
        assert words in text
    assert '"new_amount": string of' in text
    assert "halopay call order.create" in text
    assert "Guesses that were met" in text


@pytest.mark.parametrize(
    ("kind", "seen", "row"),
    [
        ("type-changed", {"type": "number", "spec": "string"}, ("type", "string")),
        ("null", {"type": "null", "spec": "string"}, ("type", "string")),
        ("time-scale", {"unit": "milliseconds", "spec": "seconds"}, ("unit", "seconds")),
        ("field-renamed", {"name": "new_amount", "spec": "amount"}, ("name", "amount")),
        ("wrong-code", {"why": "no id", "code": 10002, "expected": [10003, 10004]}, ("expected", "10003, 10004")),
    ],
)
def test_what_the_spec_says_stands_on_the_left_under_the_word_that_it_has_on_the_right(clean, kind, seen, row):
    finding = Finding(kind=kind, grade="drift", place="order.create.amount", says="it did", seen=seen)
    page = html.render(attrs.evolve(clean, findings=(finding,)), Masking()).decode()
    left, right = re.findall(r'<div class="side.*?</dl>', page, re.DOTALL)
    assert f"<dt>{row[0]}</dt><dd>{row[1]}</dd>" in left
    assert row[0] == "expected" or f"<dt>{row[0]}</dt><dd>{next(iter(seen.values()))}</dd>" in right


def test_the_page_holds_nobodys_data(drifted, masking):
    text = html.render(drifted, masking).decode()
    numbers = {json.loads(each.answer_body)["data"]["trade_no"] for each in drifted.observed.exchanges
               if each.operation == "order.create" and b'"code":0' in (each.answer_body or b"")}  # fmt: skip
    assert numbers
    excerpts = "".join(re.findall(r'<div class="line[^>]*>[^<]*', text))
    assert not any(number in excerpts for number in numbers)


def test_every_link_leads_somewhere_and_every_id_is_one(drifted, masking):
    page = Page(html.render(drifted, masking))
    assert len(page.ids) == len(set(page.ids))
    targets = {value[1:] for name, value in page.attributes if name == "href"}
    targets |= {value for name, value in page.attributes if name in ("aria-labelledby", "for")}
    assert targets <= set(page.ids)


def test_a_clean_run_says_so(clean):
    text = " ".join(Page(html.render(clean, Masking())).text)
    assert "The spec is kept" in text
    assert "Nothing was found." in text
    assert [line.text for line in terminal.lines(clean, Masking())][-1] == "✓ The spec is kept."


# --- what wants to harm


def test_hostile_names_and_values_stay_text(hostile, tmp_path):
    files = {file.name: file.read_bytes() for file in write(hostile, tmp_path, Masking.of(hostile.observed))}
    page = Page(files["report.html"])
    assert "script" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert b"<script" not in files["report.html"]
    parsed(files["junit.xml"])
    told = json.loads(files["report.json"])
    assert told["findings"][0]["first_at"] is None
    json.loads(files["traffic.har"])


def test_nothing_in_the_lines_steers_a_terminal(hostile):
    for line in terminal.lines(hostile, Masking()):
        assert line.text.isprintable()


def test_hostile_har_entries_are_read_again(hostile, tmp_path):
    path = tmp_path / "again"
    path.write_bytes(b"".join(har.render(hostile.observed, Masking())))
    (count,) = read([path]).counts
    assert count.read == count.used + sum(count.passed.values()) + count.refused == 2


# --- lines of a terminal


def test_the_lines_tell_the_summary_then_the_gravest_finding(drifted, masking):
    lines = [line.text for line in terminal.lines(drifted, masking)]
    summary = next(line for line in lines if "order.create " in line)
    assert summary.split()[:2] == ["✗", "order.create"]
    graves = [line.split()[1] for line in lines if line.startswith(("✗ broken", "~ drift", "· note"))]
    assert graves == sorted(graves, key=["broken", "drift", "note"].index)
    assert any(line.strip().startswith("again: halopay call order.create") for line in lines)
    assert lines[-1].startswith("✗ The spec is not kept.")


def test_what_was_not_reached_says_why(clean):
    result = attrs.evolve(clean, checks=(Check(name="payout.create", not_reached="moves money"),))
    assert any("not reached: moves money" in line.text for line in terminal.lines(result, Masking()))


# --- files


def test_reports_are_replaced_whole(drifted, masking, tmp_path):
    first = write(drifted, tmp_path / "deep" / "er", masking)
    again = write(drifted, tmp_path / "deep" / "er", masking)
    assert first == again
    assert sorted(path.name for path in (tmp_path / "deep" / "er").iterdir()) == sorted(FILES)


def test_a_directory_that_cannot_be_made_is_an_error_of_ours(clean, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="cannot be written"):
        write(clean, tmp_path / "file" / "reports", Masking())


def test_the_same_run_gives_the_same_bytes(drifted, masking, tmp_path):
    def bytes_of(path: Path) -> dict[str, Any]:
        return {file.name: file.read_bytes() for file in write(drifted, path, masking)}

    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")
