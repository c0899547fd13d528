"""Captured traffic of any format becomes exchanges and deliveries, and what is not used is counted."""

from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from halopay_kit import Sandbox
from halopay_kit.contract.finding import Finding
from halopay_kit.contract.run import result
from halopay_kit.contract.traffic import Count, Traffic, read
from halopay_kit.errors import UnreadableTraffic
from tests.contract import captures
from tests.contract.captures import KEY, Session, changed, har, har_entry

Write = Callable[[str | bytes], Path]


@pytest.fixture(scope="module")
def recorded() -> Session:
    return captures.record()


@pytest.fixture
def session(recorded: Session) -> Session:
    return changed(recorded)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(content: str | bytes) -> Path:
        path = tmp_path / "capture"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def entries(*items: Any) -> str:
    return json.dumps({"log": {"version": "1.2", "entries": list(items)}})


def look(path: Path, *, key: bool = True) -> tuple[Traffic, Count]:
    traffic = read([path], app_key=KEY if key else ())
    (count,) = traffic.counts
    assert count.read == count.used + sum(count.passed.values()) + count.refused
    assert len(traffic.observed.exchanges) + len(traffic.observed.deliveries) == count.used
    return traffic, count


def judged(path: Path) -> list[Finding]:
    return list(result(look(path)[0].observed, (KEY,)).findings)


FORMATS: dict[str, Callable[[Session], str | bytes]] = {
    "HAR": lambda session: json.dumps(har(session)),
    "HAR in lines": lambda session: json.dumps(har(session), indent=2),
    "HAR in base64": lambda session: json.dumps(har(session, as_base64=True)),
    "HAR without lengths": lambda session: json.dumps(har(session, sizes=False)),
    "HAR with a byte order mark": lambda session: b"\xef\xbb\xbf" + json.dumps(har(session)).encode(),
    "HAR in UTF-16": lambda session: json.dumps(har(session)).encode("utf-16"),
    "VCR in YAML": lambda session: yaml.safe_dump(captures.vcrpy(session)),
    "VCR in JSON": lambda session: json.dumps(captures.vcrpy(session)),
    "JSON lines": captures.lines,
}


@pytest.mark.parametrize("name", FORMATS)
def test_an_honest_session_is_whole_and_without_findings_in_every_format(name, session, write):
    traffic, count = look(write(FORMATS[name](session)))
    assert (count.exchanges, count.deliveries, count.refused, count.rewritten) == (10, 3, 0, 0)
    assert Counter(exchange.operation for exchange in traffic.observed.exchanges)["order.detail"] == 3
    assert Counter(d.webhook for d in traffic.observed.deliveries) == {"webhook.payment": 2, "webhook.payout": 1}
    assert {delivery.answered for delivery in traffic.observed.deliveries} <= {"Success"}
    assert result(traffic.observed, (KEY,)).findings == ()


@pytest.mark.parametrize("sizes", [True, False], ids=["with lengths", "without lengths"])
def test_four_wrongs_are_exactly_four_findings(sizes, session, write):
    flipped = session.last("/token-list")
    flipped.answer = flipped.answer.replace(b"Tron", b"Uron", 1)
    stale = session.last("/account/balance")
    stale.sign_anew(stale.answer, later=-4000)
    session.last("/exchange-rates").says(lambda data: data.update(surprise="x"))
    again = changed(Session([session.last("/order/detail")]))[0]
    again.at = session[-1].at + 1
    again.says(lambda data: data.update(status="TO-BE-PAID"))
    session.append(again)
    found = judged(write(json.dumps(har(session, sizes=sizes))))
    assert {(finding.kind, finding.place) for finding in found} == {
        ("signature-wrong", "signature"),
        ("stale", "header.x-timestamp"),
        ("field-added", "order.exchange_rates.surprise"),
        ("transition-illegal", "order.detail.status"),
    }
    assert len(found) == 4


def test_a_sandbox_whose_time_stands_still_is_judged_by_its_own_time(write):
    session = captures.record(start="2026-03-18T09:00:00Z")
    path = write(json.dumps(har(session)))
    assert judged(path) == []
    times = [exchange.at for exchange in look(path)[0].observed.exchanges]
    assert all(abs(at - 1773824400) < 130 for at in times)


def test_webhooks_of_a_sandbox_whose_time_is_moved_are_judged_by_their_own_time(write):
    session = Session()
    with captures.receiver(session, refuses=4) as url:
        with Sandbox(seed=1, app_key=KEY, start="2026-03-18T09:00:00Z", webhook_url=url) as box:
            call = captures.caller(box, session)
            order = call("/api/order/create", out_trade_no="T", currency_id=75, token_amount="10")
            box.pay(trade_no=order["trade_no"])
            box.clock.advance("1m")
            box.clock.advance("10m")
            call("/api/order/detail", out_trade_no="T")
    path = write(json.dumps(har(session)))
    deliveries = look(path)[0].observed.deliveries
    steps = [round(delivery.at - deliveries[0].at) for delivery in deliveries]
    assert steps == [0, 5, 20, 50, 230]
    assert [delivery.answered for delivery in deliveries] == ["503"] * 4 + ["Success"]
    assert judged(path) == []


def test_events_are_numbered_in_the_order_in_which_they_happened(session, write):
    backwards = har(session)
    backwards["log"]["entries"].reverse()
    traffic, _ = look(write(json.dumps(backwards)))
    assert [exchange.number for exchange in traffic.observed.exchanges] == list(range(1, 11))
    times = [exchange.at for exchange in traffic.observed.exchanges]
    assert times == sorted(times)
    assert traffic.observed.started <= times[0]


def test_attempts_of_one_delivery_are_known_by_their_body(session, write):
    first = next(seen for seen in session if seen.url == captures.SHOP)
    again = changed(Session([first]))[0]
    again.at += 5
    traffic, _ = look(write(json.dumps(har(Session([*session, again])))))
    shared = Counter(delivery.delivery for delivery in traffic.observed.deliveries)
    assert sorted(shared.values()) == [1, 1, 2]


# --- what is whose


def test_other_hosts_and_methods_are_passed_over_and_counted(session, write):
    image = har_entry(session[0])
    image["request"] |= {"url": "https://cdn.example/logo.png", "method": "GET"}
    image["response"]["content"] = {"encoding": "base64", "text": "%%% no base64 %%%"}
    shop = har_entry(session[0])
    shop["request"] |= {"url": "https://shop.example/api/order/create", "headers": []}
    shop["response"]["headers"] = []
    preflight = har_entry(session[0])
    preflight["request"]["method"] = "OPTIONS"
    _, count = look(write(entries(image, shop, preflight, *(har_entry(seen) for seen in session))))
    assert count.passed == {"another host, or not an operation's path": 2, "a OPTIONS": 1}
    assert (count.used, count.refused) == (13, 0)


def test_lower_case_names_pseudo_headers_and_a_prefix_before_the_path_are_understood(session, write):
    found = []
    for seen in session:
        entry = har_entry(seen)
        for side in (entry["request"], entry["response"]):
            side["headers"] = [{"name": line["name"].lower(), "value": line["value"]} for line in side["headers"]]
            side["headers"].insert(0, {"name": ":authority", "value": "api.pay.halochat.io"})
        entry["request"]["url"] = entry["request"]["url"].replace(captures.HOST, "https://proxy.example/halopay")
        found.append(entry)
    path = write(entries(*found))
    traffic, count = look(path)
    assert (count.exchanges, count.deliveries) == (10, 3)
    assert all(not name.startswith(":") for each in traffic.observed.exchanges for name, _ in each.answer_headers)
    assert judged(path) == []


def test_a_webhook_without_its_headers_is_known_by_its_body(session, write):
    webhook = next(har_entry(seen) for seen in session if seen.url == captures.SHOP)
    webhook["request"]["headers"] = [{"name": "content-type", "value": "application/json"}]
    traffic, count = look(write(entries(webhook)))
    assert count.deliveries == 1
    assert traffic.observed.deliveries[0].webhook == "webhook.payment"


def test_a_path_that_the_spec_does_not_have_is_an_exchange_of_no_operation(session, write):
    entry = har_entry(session[0])
    entry["request"]["url"] = f"{captures.HOST}/api/order/cancel"
    traffic, _ = look(write(entries(entry)))
    assert [exchange.operation for exchange in traffic.observed.exchanges] == [None]


def test_a_request_without_an_answer_is_an_exchange_with_a_reason(session, write):
    entry = har_entry(session[0])
    entry["response"] = {"status": 0, "headers": [], "content": {}, "_error": "net::ERR_CONNECTION_RESET"}
    traffic, _ = look(write(entries(entry)))
    (exchange,) = traffic.observed.exchanges
    assert (exchange.status, exchange.answer_body, exchange.error) == (None, None, "net::ERR_CONNECTION_RESET")


# --- raw bytes


def test_text_that_is_not_as_long_as_was_said_is_not_raw(session, write):
    entry = har_entry(session[0])
    entry["response"]["content"]["text"] = json.dumps(json.loads(session[0].answer), indent=2)
    path = write(entries(entry))
    traffic, count = look(path)
    assert (traffic.observed.exchanges[0].raw, count.rewritten) == (False, 1)
    assert {finding.kind for finding in judged(path)} == {"signature-unjudged"}


def test_without_a_length_and_without_a_key_nothing_says_that_text_is_raw(session, write):
    path = write(json.dumps(har(session, sizes=False)))
    assert not any(exchange.raw for exchange in look(path, key=False)[0].observed.exchanges)
    assert all(exchange.raw for exchange in look(path)[0].observed.exchanges)


def test_a_signature_that_somebody_masked_is_not_judged(session, write):
    for seen in session:
        seen.header("x-sign", "[Filtered]")
        seen.headers = [(name, "*****" if name == "X-Sign" else value) for name, value in seen.headers]
    path = write(json.dumps(har(session)))
    assert not any(exchange.raw for exchange in look(path)[0].observed.exchanges)
    assert {finding.kind for finding in judged(path)} == {"signature-unjudged"}


@pytest.mark.parametrize("coding", ["gzip", "x-gzip"])
def test_a_compressed_body_is_unpacked(coding, session, write):
    entry = har_entry(session[0])
    packed = gzip.compress(session[0].answer)
    entry["response"]["content"] = {"encoding": "base64", "text": base64.b64encode(packed).decode()}
    entry["response"]["headers"].append({"name": "Content-Encoding", "value": coding})
    entry["response"]["headers"] = [h for h in entry["response"]["headers"] if h["name"] != "content-length"]
    traffic, _ = look(write(entries(entry)))
    assert traffic.observed.exchanges[0].answer_body == session[0].answer


@pytest.mark.parametrize(
    ("content", "headers", "reason"),
    [
        ({"encoding": "base64", "text": "%%%"}, {}, "said to be base64"),
        ({"encoding": "base64", "text": "H4sIAAAAAAAA"}, {"Content-Encoding": "gzip"}, "gzip"),
        ({"encoding": "base64", "text": "AAAA"}, {"Content-Encoding": "br"}, "compressed with 'br'"),
        ({"text": "\ud800"}, {}, "not UTF-8"),
        ({"size": 812}, {}, "body was not recorded"),
    ],
)
def test_a_body_that_cannot_be_decoded_is_refused_with_the_entry_and_the_reason(
    content, headers, reason, session, write
):
    entry = har_entry(session[0])
    entry["response"]["content"] = content
    entry["response"]["headers"] += [{"name": name, "value": value} for name, value in headers.items()]
    _, count = look(write(entries(har_entry(session[1]), entry)))
    assert (count.used, count.refused) == (1, 1)
    assert count.reasons[0].startswith("capture, entry 2: ")
    assert reason in count.reasons[0]


def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(session, write):
    entry = har_entry(session[0])
    bomb = base64.b64encode(gzip.compress(b"\0" * (17 * 1024 * 1024))).decode()
    entry["response"]["content"] = {"encoding": "base64", "text": bomb}
    entry["response"]["headers"].append({"name": "content-encoding", "value": "gzip"})
    _, count = look(write(entries(har_entry(session[1]), entry)))
    assert "longer than" in count.reasons[0]


# --- hostile and broken files

DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (DEEP, "nested too deeply"),
        ('{"startedDateTime":' + "9" * 5000 + "}", "a number beyond all bounds"),
        ('{"request": tru}', "not JSON"),
        ("5", "a number, not an object"),
        ("null", "missing"),
        ('{"request": 3}', "its request is a number"),
        ('{"request": {"method": "POST", "url": 7}}', "its URL is a number"),
        ('{"request": {"method": "POST", "url": "https://x/", "headers": [3]}}', "one of its headers is a number"),
        ('{"request": {"method": "POST", "url": "https://x/"}, "response": {"status": "OK"}}', "no HTTP status"),
        ('{"request": {"method": "POST", "url": "https://x/"}, "response": {"status": 1e999}}', "no HTTP status"),
    ],
    ids=["deep", "huge", "syntax", "number", "null", "request", "url", "headers", "status", "infinity"],
)
def test_an_entry_that_is_broken_is_refused_and_those_after_it_are_read(broken, reason, session, write):
    first, last = (json.dumps(har_entry(session[index])) for index in (0, 1))
    _, count = look(write(f'{{"log": {{"entries": [{first}, {broken}, {last}]}}}}'))
    assert (count.read, count.used, count.refused) == (3, 2, 1)
    assert count.reasons[0].startswith("capture, entry 2: ")
    assert reason in count.reasons[0]


def test_of_a_file_that_is_cut_off_what_stands_before_the_cut_is_used(session, write):
    text = json.dumps(har(session))
    _, count = look(write(text[: len(text) * 2 // 3]))
    assert 0 < count.used < 13
    assert count.refused == 1
    assert "cut off" in count.reasons[0]


def test_a_cassette_that_is_cut_off_says_so_although_it_is_still_yaml(session, write):
    text = yaml.safe_dump(captures.vcrpy(session))
    _, count = look(write(text[: text.rindex("- request")]))
    assert count.used == 12
    assert "cut off" in count.reasons[-1]


def test_bytes_that_are_no_text_spoil_their_entry_alone(session, write):
    content = json.dumps(har(session)).encode().replace(b"success", b"succ\xff\xfess", 1)
    _, count = look(write(content))
    assert (count.used, count.refused) == (12, 1)


ANSWERED = "response: {status: {code: 200}, headers: {}, body: {string: '{}'}}"
REQUEST = "uri: 'https://api.pay.halochat.io/api/order/create', method: POST"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{','.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            f"{BOMB}version: 1\ninteractions:\n- request: {{{REQUEST}, body: *i}}\n  {ANSWERED}\n",
            "more than 100000 values",
        ),
        (f"version: 1\ninteractions:\n- &x {{request: *x, {ANSWERED}}}\n", "alias of what is not complete"),
        ("version: 1\ninteractions: " + "[" * 100_000, "nested too deeply"),
        ("version: 1\ninteractions:\n- request: {\n- x: ]\n", "not YAML at line"),
        ("version: 1\ninteractions:\n- !!python/object/apply:os.system [exit]\n", "no tag is obeyed"),
        (f"version: 1\ninteractions:\n- {{<<: {{request: {{{REQUEST}}}}}, {ANSWERED}}}\n", "its request is missing"),
        (f"version: 1\ninteractions:\n- request: {{{REQUEST}, body: !!binary '%%'}}\n  {ANSWERED}\n", "not base64"),
    ],
    ids=["bomb", "loop", "deep", "syntax", "tag", "merge", "binary"],
)
def test_a_hostile_cassette_is_a_clear_error(text, reason, write):
    with pytest.raises(UnreadableTraffic) as raised:
        look(write(text))
    assert reason in str(raised.value)


def test_aliases_of_a_cassette_are_understood(write):
    text = (
        f"interactions:\n- request: {{{REQUEST}, headers: {{accept: &same [x]}}, body: '{{}}'}}\n  {ANSWERED}\n"
        f"- request: {{{REQUEST}, headers: {{accept: *same}}, body: '{{}}'}}\n  {ANSWERED}\nversion: 1\n"
    )
    traffic, _ = look(write(text))
    assert [each.request_headers for each in traffic.observed.exchanges] == [(("accept", "x"),)] * 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"hello", "no format that is known"),
        (bytes(range(256)), "no format that is known"),
        (b"{}", "neither an exchange nor a webhook"),
        (b'{"log": 5}', "no log.entries"),
        (b'{"log": {"entries": {}}}', "no log.entries"),
        (b"{", "no JSON that can be read"),
        (b"SQLite format 3\x00...", "halopay inbox export"),
        (gzip.compress(b"{}", mtime=0), "gunzip"),
        (b"1234:7:version;2:20#", "hardump"),
        (b"PAR1 and then nothing", "no Parquet that can be read"),
    ],
)
def test_a_file_of_no_known_format_is_refused_with_advice(content, reason, write):
    with pytest.raises(UnreadableTraffic) as raised:
        look(write(content))
    assert reason in str(raised.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UnreadableTraffic, match="No such file"):
        read([tmp_path / "nothing.har"])


def test_of_many_refusals_the_first_are_told_and_all_are_counted(session, write):
    traffic, count = look(write(entries(har_entry(session[0]), *([5] * 250))))
    assert count.refused == 250
    assert len(traffic.observed.unreadable) == 101
    assert "150 more entries" in traffic.observed.unreadable[-1]


# --- lines

DETAIL = "http://127.0.0.1:1/api/order/detail"


@pytest.mark.parametrize(
    ("row", "sort"),
    [
        ({"operation": "order.detail", "request_body": "{}", "status": 200, "answer_body": "{}"}, "exchange"),
        ({"operation": "order.detail", "error": "timed out"}, "exchange"),
        ({"url": DETAIL, "request": {"body": {}}, "response": {"status": 200, "body": {}}}, "exchange"),
        ({"webhook": {"body_base64": "e30="}}, "delivery"),
        ({"number": 1, "webhook": "webhook.payment", "at": 1.5, "headers": [], "body": "{}", "raw": False}, "delivery"),
        ({"headers": [["X-EventType", "Paid"]], "body": "{}"}, "delivery"),
    ],
)  # fmt: skip
def test_a_line_has_several_shapes(row, sort, write):
    _, count = look(write(json.dumps(row)))
    assert (count.exchanges, count.deliveries) == ((1, 0) if sort == "exchange" else (0, 1))


def test_lines_that_are_nothing_are_refused_and_notes_are_passed_over(write):
    good = json.dumps({"operation": "order.detail", "status": 200, "answer_body": "{}"})
    attempt = json.dumps({"operation": "order.detail", "number": 1, "seconds": 0.1, "retry_in": None, "status": 200})
    text = "\n".join([good, "not json", "[1]", attempt, "", DEEP, '{"a": 1}', good])
    _, count = look(write(text))
    assert (count.read, count.used, count.refused) == (7, 2, 4)
    assert [reason.partition(":")[0] for reason in count.reasons] == [f"capture, line {n}" for n in (2, 3, 6, 7)]
    assert list(count.passed.values()) == [1]


def test_what_a_sandbox_prints_as_json_lines_is_read(box, halopay, write):
    box.webhook_url = "http://127.0.0.1:1/"
    order = halopay.order.create(out_trade_no="T", currency_id=75, token_amount="10")
    box.pay(trade_no=order.trade_no)
    _, count = look(write(box.record.jsonl()))
    assert (count.exchanges, count.deliveries, count.refused) == (1, 1, 0)


def test_a_large_capture_is_read_entry_by_entry(session, tmp_path):
    image = har_entry(session[0])
    image["request"] |= {"url": "https://cdn.example/film", "method": "GET"}
    image["response"]["content"] = {"encoding": "base64", "text": "A" * 400_000}
    other, ours = json.dumps(image), json.dumps(har_entry(session[0]))
    with (tmp_path / "large").open("w") as file:
        file.write('{"log": {"entries": [' + ours)
        file.writelines(f",\n{other}" for _ in range(60))
        file.write(f",{ours}]}}}}")
    tracemalloc.start()
    try:
        _, count = look(tmp_path / "large")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (count.read, count.used) == (62, 2)
    assert (tmp_path / "large").stat().st_size > 24e6
    assert peak < 12e6
