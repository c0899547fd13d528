"""Pages are fetched politely: one at a time, only what changed, only what robots.txt allows."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from codegen.docs import fetch
from codegen.docs.page import Page, Site

BODY = b"<!doctype html><main><h1>X</h1><p>hello</p></main>"


class Server:
    """Answers by path: (status, headers, body); keeps what it was asked, and how many asked at once."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.most = self._now = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server._now += 1
                server.most = max(server.most, server._now)
                server.asked.append((self.path, dict(self.headers)))
                answer = server.answers.get(self.path, (404, {}, b"none"))
                status, headers, body = answer(dict(self.headers)) if callable(answer) else answer
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                server._now -= 1
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def pages(self) -> list[str]:
        return [path for path, _ in self.asked if path != "/robots.txt"]


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


class Fetching:
    def __init__(self, server: Server, cache: Path, **paths: str) -> None:
        self.site = Site(server.url, paths or {"one": "/one"}, {"en": "", "ko": "/ko"})
        self.cache = cache
        self.slept: list[float] = []

    def __call__(self, *locales: str) -> list[Page]:
        fetcher = fetch.Fetcher(site=self.site, cache=self.cache, sleep=self.slept.append)
        return list(fetcher.pages(locales or ("en",)))


@pytest.fixture
def fetching(server: Server, tmp_path: Path) -> Fetching:
    server.answers["/one"] = (200, {"ETag": '"1"'}, BODY)
    return Fetching(server, tmp_path / "cache")


def test_a_page_is_fetched(fetching: Fetching) -> None:
    (page,) = fetching()
    assert (page.content, page.form, page.trouble) == (BODY.decode(), "html", "")


def test_it_says_who_asks(server: Server, fetching: Fetching) -> None:
    fetching()
    assert {headers["User-Agent"] for _, headers in server.asked} == {fetch.AGENT}


def test_pages_are_asked_for_one_at_a_time_with_a_pause_between_them(server: Server, tmp_path: Path) -> None:
    for path in ("/one", "/ko/one", "/two", "/ko/two"):
        server.answers[path] = (200, {}, BODY)
    fetching = Fetching(server, tmp_path, one="/one", two="/two")
    assert len(fetching("en", "ko")) == 4
    assert fetching.slept == [fetch.PAUSE] * 3
    assert server.most == 1


def test_a_longer_pause_is_kept_where_robots_txt_asks_for_it(server: Server, tmp_path: Path) -> None:
    server.answers["/robots.txt"] = (200, {}, b"User-agent: *\nCrawl-delay: 7\n")
    fetching = Fetching(server, tmp_path, one="/one", two="/two")
    fetching()
    assert fetching.slept == [7.0]


def test_a_pause_of_days_is_not_kept(server: Server, tmp_path: Path) -> None:
    server.answers["/robots.txt"] = (200, {}, b"User-agent: *\nCrawl-delay: 999999\n")
    fetching = Fetching(server, tmp_path, one="/one", two="/two")
    fetching()
    assert fetching.slept == [fetch.LONGEST_PAUSE]


def test_what_robots_txt_forbids_is_not_asked_for(server: Server, fetching: Fetching) -> None:
    server.answers["/robots.txt"] = (200, {}, b"User-agent: *\nDisallow: /one\n")
    assert [page.trouble for page in fetching()] == ["robots.txt does not allow it"]
    assert server.pages == []


def test_where_robots_txt_cannot_be_read_nothing_is_asked_for(server: Server, fetching: Fetching) -> None:
    server.answers["/robots.txt"] = (503, {}, b"")
    assert [page.trouble for page in fetching()] == ["robots.txt could not be read (HTTP 503)"]
    assert server.pages == []


def test_without_robots_txt_everything_is_allowed(server: Server, fetching: Fetching) -> None:
    server.answers["/robots.txt"] = (404, {}, b"")
    assert [page.trouble for page in fetching()] == [""]


def test_a_page_that_did_not_change_is_taken_from_before(server: Server, fetching: Fetching) -> None:
    fetching()

    def conditional(headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        return (304, {}, b"") if headers.get("If-None-Match") == '"1"' else (200, {}, b"other")

    server.answers["/one"] = conditional
    assert [page.content for page in fetching()] == [BODY.decode()]


def test_a_page_that_changed_is_the_new_one(server: Server, fetching: Fetching) -> None:
    fetching()
    server.answers["/one"] = (200, {"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}, BODY + b"new")
    assert [page.content for page in fetching()] == [(BODY + b"new").decode()]
    fetching()
    assert server.asked[-1][1]["If-Modified-Since"] == "Thu, 01 Jan 2026 00:00:00 GMT"
    assert "If-None-Match" not in server.asked[-1][1]


def test_what_was_kept_and_is_damaged_is_asked_for_again(server: Server, fetching: Fetching) -> None:
    fetching()
    for kept in fetching.cache.iterdir():
        kept.write_text('{"content": "ha', "utf-8")
    assert [page.content for page in fetching()] == [BODY.decode()]
    assert "If-None-Match" not in server.asked[-1][1]


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(server: Server, tmp_path: Path) -> None:
    server.answers["/one"] = (200, {}, BODY)
    (tmp_path / "cache").write_text("a file")
    assert [page.trouble for page in Fetching(server, tmp_path / "cache")()] == [""]


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (404, "the answer is HTTP 404 (it vanished)"),
        (410, "the answer is HTTP 410 (it vanished)"),
        (403, "the answer is HTTP 403"),
        (500, "the answer is HTTP 500"),
        (503, "the answer is HTTP 503"),
        (304, "the answer is HTTP 304"),
        (204, "the answer is HTTP 204"),
    ],
)
def test_what_is_no_page_says_why(server: Server, fetching: Fetching, status: int, says: str) -> None:
    server.answers["/one"] = (status, {}, b"")
    assert [(page.trouble, page.content) for page in fetching()] == [(says, "")]


def test_a_page_that_moved_says_where_and_is_not_followed(server: Server, fetching: Fetching) -> None:
    server.answers["/one"] = (301, {"Location": "/elsewhere?x=\x7f"}, b"")
    assert [page.trouble for page in fetching()] == [f"it moved to {server.url}/elsewhere?x="]
    assert server.pages == ["/one"]


def test_a_slash_at_the_end_is_the_same_page(server: Server, fetching: Fetching) -> None:
    server.answers["/one"] = (301, {"Location": "/one/"}, b"")
    server.answers["/one/"] = (200, {}, BODY)
    assert [page.content for page in fetching()] == [BODY.decode()]


def test_a_page_that_leads_to_itself_is_not_followed_for_ever(server: Server, fetching: Fetching) -> None:
    server.answers["/one"] = (301, {"Location": "/one/"}, b"")
    server.answers["/one/"] = (301, {"Location": "/one"}, b"")
    assert [page.trouble for page in fetching()] == [f"it moved to {server.url}/one"]


@pytest.mark.parametrize("location", ["http://[half", "//", "", "\x00"])
def test_an_address_that_is_none_breaks_nothing(server: Server, fetching: Fetching, location: str) -> None:
    server.answers["/one"] = (302, {"Location": location}, b"")
    assert [page.content for page in fetching()] == [""]


def test_a_page_without_end_is_given_up(server: Server, fetching: Fetching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "_LARGEST", 10_000)
    bomb = gzip.compress(b"x" * 1_000_000)
    server.answers["/one"] = (200, {"Content-Encoding": "gzip"}, bomb)
    assert [page.trouble for page in fetching()] == ["it is too large"]


def test_an_answer_that_is_broken_off_says_so(server: Server, fetching: Fetching) -> None:
    server.answers["/one"] = (200, {"Content-Encoding": "gzip"}, b"no gzip at all")
    assert [page.trouble for page in fetching()] == ["no answer came (DecodeError)"]


def test_a_site_that_is_not_there_says_so(server: Server, tmp_path: Path) -> None:
    fetching = Fetching(server, tmp_path)
    server.http.shutdown()
    server.http.server_close()
    assert "robots.txt could not be read" in fetching()[0].trouble


def test_one_bad_page_does_not_stop_the_others(server: Server, tmp_path: Path) -> None:
    server.answers["/two"] = (200, {}, BODY)
    pages = Fetching(server, tmp_path, one="/one", two="/two")()
    assert [bool(page.trouble) for page in pages] == [True, False]
