"""Fetch the pages from HaloPay's site: one at a time, only what changed, and only where robots.txt allows it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import attrs
import urllib3

from codegen.docs.page import Page, Site
from codegen.docs.reading import form

AGENT = "halopay-kit-documentation-drift"
PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds between two requests, or more if robots.txt asks for more, within reason."""

_MOVES = 5
_HERE, _UNCHANGED, _SERVER_ERROR = 200, 304, 500
_MOVED = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_NOTHING = ("User-agent: *", "Disallow: /")
_LONGEST_RULES = 500_000
_LARGEST = 5_000_000
_TIMEOUT = urllib3.Timeout(connect=10, read=30)


@attrs.frozen
class _Answer:
    url: str
    status: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def moved(self) -> str:
        """Where it leads elsewhere; empty if it does not."""
        try:
            return urljoin(self.url, self.headers.get("Location", "")) if self.status in _MOVED else ""
        except ValueError:
            return "an address that is none"

    @property
    def trouble(self) -> str:
        """Why it is no page; empty if it is one."""
        if self.moved:
            return f"it moved to {_shown(self.moved)}"
        if self.status != _HERE:
            return f"the answer is HTTP {self.status}{' (it vanished)' if self.status in _GONE else ''}"
        return "it is too large" if len(self.data) > _LARGEST else ""


@attrs.frozen(kw_only=True)
class Fetcher:
    """Fetches pages; what was fetched before is kept in `cache` and asked for again only if it changed."""

    site: Site
    cache: Path
    sleep: Callable[[float], object]
    pool: urllib3.PoolManager = attrs.field(
        factory=lambda: urllib3.PoolManager(headers={"User-Agent": AGENT}, retries=False, timeout=_TIMEOUT)
    )

    def pages(self, locales: Sequence[str]) -> Iterator[Page]:
        """Yield every page in every language, as soon as it is here; one that cannot be had says why."""
        try:
            rules, refusal = self._rules()
            pause = min(max(PAUSE, float(rules.crawl_delay(AGENT) or 0)), LONGEST_PAUSE)
            first = True
            for key in self.site.paths:
                for locale in locales:
                    url = self.site.address(key, locale)
                    if not rules.can_fetch(AGENT, url):
                        yield Page(key=key, locale=locale, url=url, trouble=refusal)
                        continue
                    if not first:
                        self.sleep(pause)
                    first = False
                    yield self._page(key, locale, url)
        finally:
            self.pool.clear()

    def _rules(self) -> tuple[RobotFileParser, str]:
        """Read robots.txt; where it cannot be read nothing is allowed, where there is none everything is (RFC 9309)."""
        rules = RobotFileParser()
        url = urljoin(self.site.url, "/robots.txt")
        try:
            answer = self.pool.request("GET", url, retries=urllib3.Retry(_MOVES, connect=0, read=0, status=0))
        except urllib3.exceptions.HTTPError as error:
            rules.parse(_NOTHING)
            return rules, f"robots.txt could not be read ({type(error).__name__})"
        if answer.status >= _SERVER_ERROR:
            rules.parse(_NOTHING)
            return rules, f"robots.txt could not be read (HTTP {answer.status})"
        text = answer.data[:_LONGEST_RULES].decode("utf-8-sig", "replace") if answer.status == _HERE else ""
        rules.parse(text.splitlines())
        return rules, "robots.txt does not allow it"

    def _page(self, key: str, locale: str, url: str) -> Page:
        kept = self._kept(url)
        try:
            answer = self._ask(url, kept.get("headers", {}))
        except urllib3.exceptions.HTTPError as error:
            return Page(key=key, locale=locale, url=url, trouble=f"no answer came ({type(error).__name__})")
        if answer.status == _UNCHANGED and "content" in kept:
            content = str(kept["content"])
        elif answer.trouble:
            return Page(key=key, locale=locale, url=url, trouble=answer.trouble)
        else:
            content = answer.data.decode("utf-8-sig", "replace")
            self._keep(url, content, answer.headers)
        return Page(key=key, locale=locale, url=url, form=form(content), content=content)

    def _ask(self, url: str, headers: Mapping[str, str]) -> _Answer:
        """Ask once; a redirect to the same page, with or without a slash at its end, is followed."""
        answer = self._get(url, headers)
        same = answer.moved and answer.moved != url and _same(answer.moved, url)
        return self._get(answer.moved, headers) if same else answer

    def _get(self, url: str, headers: Mapping[str, str]) -> _Answer:
        answer = self.pool.request(
            "GET", url, headers={"User-Agent": AGENT, **headers}, redirect=False, preload_content=False
        )
        try:
            data = answer.read(_LARGEST + 1)
        finally:
            answer.close()
        return _Answer(url, answer.status, answer.headers, data)

    def _kept(self, url: str) -> dict[str, Any]:
        try:
            found = json.loads(self._file(url).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _keep(self, url: str, content: str, headers: Mapping[str, str]) -> None:
        asked = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
        conditions = {condition: headers[name] for name, condition in asked.items() if name in headers}
        kept = json.dumps({"url": url, "headers": conditions, "content": content}, ensure_ascii=False)
        with suppress(OSError):  # without it the page is asked for in full the next time
            self.cache.mkdir(parents=True, exist_ok=True)
            self._file(url).write_text(kept, "utf-8")

    def _file(self, url: str) -> Path:
        return self.cache / f"{hashlib.sha256(url.encode()).hexdigest()[:24]}.json"


def _same(one: str, other: str) -> bool:
    try:
        first, second = urlsplit(one), urlsplit(other)
    except ValueError:
        return False
    return (first.netloc, first.path.rstrip("/")) == (second.netloc, second.path.rstrip("/"))


def _shown(url: str) -> str:
    return "".join(character for character in url if character.isprintable())[:200]
