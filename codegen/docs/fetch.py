"""Fetch the pages from HaloPay's site: one at a time, only what changed, and only where robots.txt allows it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
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
"""Seconds between two requests, or more if robots.txt asks for more."""

_MOVES = 5
_TIMEOUT = urllib3.Timeout(connect=10, read=30)


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
        rules = self._rules()
        pause = max(PAUSE, float((rules and rules.crawl_delay(AGENT)) or 0))
        first = True
        for key in self.site.paths:
            for locale in locales:
                url = self.site.address(key, locale)
                if rules is not None and not rules.can_fetch(AGENT, url):
                    yield Page(key=key, locale=locale, url=url, trouble="robots.txt does not allow it")
                    continue
                if not first:
                    self.sleep(pause)
                first = False
                yield self._page(key, locale, url)

    def _rules(self) -> RobotFileParser | None:
        """Read robots.txt; None where there is none."""
        try:
            answer = self.pool.request("GET", urljoin(self.site.url, "/robots.txt"), redirect=True, retries=_MOVES)
        except urllib3.exceptions.HTTPError:
            return None
        if answer.status != 200:
            return None
        rules = RobotFileParser()
        rules.parse(answer.data.decode("utf-8", "replace").splitlines())
        return rules

    def _page(self, key: str, locale: str, url: str) -> Page:
        kept = self._kept(url)
        try:
            answer = self._ask(url, kept.get("headers", {}))
        except urllib3.exceptions.HTTPError as error:
            return Page(key=key, locale=locale, url=url, trouble=f"no answer came ({type(error).__name__})")
        if answer.status == 304 and "content" in kept:
            content = str(kept["content"])
        elif answer.status in (301, 302, 303, 307, 308):
            moved = urljoin(url, answer.headers.get("Location", ""))
            return Page(key=key, locale=locale, url=url, trouble=f"it moved to {_shown(moved)}")
        elif answer.status != 200:
            vanished = " (it vanished)" if answer.status in (404, 410) else ""
            return Page(key=key, locale=locale, url=url, trouble=f"the answer is HTTP {answer.status}{vanished}")
        else:
            content = answer.data.decode("utf-8-sig", "replace")
            self._keep(url, content, answer.headers)
        return Page(key=key, locale=locale, url=url, form=form(content), content=content)

    def _ask(self, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        """Ask once; a redirect to the same page, with or without a slash at its end, is followed."""
        answer = self.pool.request("GET", url, headers={"User-Agent": AGENT, **headers}, redirect=False)
        there = urljoin(url, answer.headers.get("Location", url))
        if answer.status in (301, 302, 307, 308) and there != url and _same(there, url):
            return self.pool.request("GET", there, headers={"User-Agent": AGENT, **headers}, redirect=False)
        return answer

    def _kept(self, url: str) -> dict[str, Any]:
        try:
            found = json.loads(self._file(url).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _keep(self, url: str, content: str, headers: Mapping[str, str]) -> None:
        asked = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
        conditions = {condition: headers[name] for name, condition in asked.items() if name in headers}
        self.cache.mkdir(parents=True, exist_ok=True)
        kept = json.dumps({"url": url, "headers": conditions, "content": content}, ensure_ascii=False)
        self._file(url).write_text(kept, "utf-8")

    def _file(self, url: str) -> Path:
        return self.cache / f"{hashlib.sha256(url.encode()).hexdigest()[:24]}.json"


def _same(one: str, other: str) -> bool:
    first, second = urlsplit(one), urlsplit(other)
    return (first.netloc, first.path.rstrip("/")) == (second.netloc, second.path.rstrip("/"))


def _shown(url: str) -> str:
    return "".join(character for character in url if character.isprintable())[:200]
