"""HaloPay's documentation site, made from the spec: what it documents stands on the pages, what is a guess does not.

Pages are rendered in every form and language that they are met in. What HaloPay says twice, differently, the pages say
so, too: what is signed, the type of X-Timestamp, X-EventType's case, a remark in an example, "encrypted", the expiry,
the count of fiats, FAIL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.codegen.docs import layouts, wire
from tests.codegen.docs.forms import ENDINGS, FORMS
from tests.codegen.docs.parts import Bullets, Grid, Part, Prose, Sample, Title
from tests.codegen.docs.wording import LOCALES, Wording

__all__ = ["FORMS", "LOCALES", "parts", "render", "save"]

GUIDE = "skill"
"""The integration guide, which is no page of the site, in English only; it is met as a saved text."""


def render(spec: Mapping[str, Any], form: str, locale: str = "en", complete: bool = False) -> dict[str, str]:
    """Return every page by its key in x-pages; `complete` documents in full what is only guessed."""
    made, tight = FORMS[form], form == "text-glued"
    address = spec["x-pages"]["paths"]
    return {key: made(page, locale, address[key]) for key, page in parts(spec, locale, complete, tight).items()}


def save(folder: Path, spec: Mapping[str, Any], form: str, locale: str = "en", complete: bool = False) -> None:
    """Write the pages as `--pages` reads them."""
    place = folder if locale == "en" else folder / locale
    place.mkdir(parents=True, exist_ok=True)
    for key, text in render(spec, form, locale, complete).items():
        (place / f"{key}{ENDINGS.get(form, '.txt')}").write_text(text, "utf-8")


def parts(
    spec: Mapping[str, Any], locale: str = "en", complete: bool = False, tight: bool = False
) -> dict[str, list[Part]]:
    """Return what each page is made of; `tight` leaves out the orders of columns that need something between them."""
    site = _Site(spec, Wording(locale), complete, tight)
    pages = {key: page for key, page in site.pages() if key != GUIDE or locale == "en"}
    made = {key: [site.w.title(1, key), *page] for key, page in pages.items()}
    return {key: made[key] for key in spec["x-pages"]["paths"] if key in made}


class _Site:
    def __init__(self, spec: Mapping[str, Any], wording: Wording, complete: bool, tight: bool) -> None:
        self.spec = spec
        self.w = wording
        self.complete = complete
        self.tables = layouts.Tables(spec, wording, tight)
        self.minutes = spec["x-signature"]["tolerance-seconds"] // 60

    def pages(self) -> Iterator[tuple[str, list[Part]]]:
        yield "what-is", [self.w.prose("intro")]
        yield "introduction", [self.w.prose("intro"), self.w.title(2, "paths"), self._paths()]
        yield "signature", list(self._signature())
        yield "common-rules", list(self._rules())
        yield "hosted", [part for one in wire.at(self.spec, "hosted") for part in self._operation("hosted", *one)]
        yield "native", [part for one in wire.at(self.spec, "native") for part in self._operation("native", *one)]
        yield "webhook", list(self._webhook())
        yield "error-code", [self.tables.codes()]
        yield "fiat-list", [self.w.prose("fiats"), self._fiats()]
        yield "change-record", list(self._changes())
        yield GUIDE, list(self._guide())

    def _paths(self) -> Grid:
        rows = [(path, node["summary"]) for path, node in wire.operations(self.spec)]
        return Grid(self.w.head("path", "description"), tuple((path, self.w.told(said)) for path, said in rows))

    def _fiats(self) -> Prose:
        return Prose(" / ".join(self.spec["components"]["schemas"]["FiatName"]["enum"]))

    def _signature(self) -> Iterator[Part]:
        yield self.w.prose("signed")
        yield self.w.title(2, "request-headers")
        yield self.tables.headers(timestamp="int")
        yield self.w.title(2, "algorithm")
        yield self.w.prose("signing", content="body + timestamp + appKey")
        yield self.w.title(2, "samples")
        content = self.spec["x-signature"]["content"]
        yield Sample(
            "go", _GO.replace("CONTENT", " + ".join({"body": "string(body)"}.get(one, one) for one in content))
        )
        yield Sample("java", _JAVA.replace("CONTENT", " + ".join(content)))

    def _rules(self) -> Iterator[Part]:
        yield self.w.title(2, "rules", emoji="📌")
        yield self.w.prose("rules")
        yield self.w.prose("valid", minutes=self.minutes)
        yield self.w.title(2, "request-headers")
        yield self.tables.headers(content_type=True)
        yield self.w.prose("signing", content="body + timestamp + appKey")
        yield self.w.title(2, "response-headers")
        yield self.tables.headers(columns=("name", "required", "type", "description"))

    def _operation(self, page: str, section: str, path: str, node: Mapping[str, Any]) -> Iterator[Part]:
        place = f"{page}#{section}"
        shown = wire.example(node["operationId"])
        yield self.w.numbered(section, node)
        yield Prose(f"{self.w.heading('url')}: `POST {self.spec['servers'][0]['url']}{path}`")
        asked, (answered, _, many) = wire.body(self.spec, node), wire.answered(self.spec, node)
        requests = self._rows(asked, f"{place}/request", shown.get("request"))
        inner = (shown.get("answer") or {}).get("data") or {}
        first = (inner[0] if inner else {}) if isinstance(inner, list) else inner
        responses = self._rows(answered, f"{place}/response", first)
        known = self._rows(answered, f"{place}/response", first, examples=True)
        if not (requests or known or self.complete):
            yield self.w.prose("path-only")
            return
        yield self.w.title(3, "request-headers")
        yield self.tables.headers(content_type=True)
        yield from self._sent(page, section, requests)
        yield from self._came(section, responses, known, many=many)
        yield from self._told(place)

    def _sent(self, page: str, section: str, rows: tuple[wire.Row, ...]) -> Iterator[Part]:
        if rows:
            yield self.w.title(3, "request")
            yield self.tables.fields(rows, layouts.REQUESTS[page, int(section) % 3 if section.isdigit() else 0])
        yield self.w.title(3, "request-example")
        yield Sample("json", layouts.shown(rows))

    def _came(
        self, section: str, rows: tuple[wire.Row, ...], known: tuple[wire.Row, ...], *, many: bool
    ) -> Iterator[Part]:
        if rows:
            yield self.w.title(3, "response")
            layout = layouts.RESPONSES[int(section) % len(layouts.RESPONSES) if section.isdigit() else 0]
            yield self.tables.answer(rows, layout, many=many, whole=section != "1")
        yield self.w.title(3, "response-example")
        yield Sample("json", layouts.wrapped(known, many=many))

    def _told(self, place: str) -> Iterator[Part]:
        """Show the webhook that an operation's section documents."""
        for name, item in self.spec["webhooks"].items():
            node = item["post"]
            rows = self._rows(wire.body(self.spec, node), f"{place}/webhook", wire.example(_file(name)).get("body"))
            if node["x-source"] == place and rows:
                yield self.w.title(3, "callback")
                yield self.tables.fields(rows, layouts.WEBHOOKS["payment"])

    def _rows(
        self, schema: Mapping[str, Any], source: str, shown: Mapping[str, Any] | None, *, examples: bool = False
    ) -> tuple[wire.Row, ...]:
        anywhere = (*wire.ON_A_PAGE, "example") if examples else wire.ON_A_PAGE
        return wire.rows(self.spec, schema, source, shown, complete=self.complete, anywhere=anywhere)

    def _webhook(self) -> Iterator[Part]:
        yield self.w.prose("encrypted")
        yield self.w.title(2, "headers", emoji="🔔")
        yield self.tables.webhook_headers()
        yield self.w.prose("signing", content="body + timestamp + appKey")
        for name in ("payment", "payout"):
            node = self.spec["webhooks"][name]["post"]
            rows = self._rows(wire.body(self.spec, node), node["x-source"], wire.example(_file(name)).get("body"))
            yield self.w.title(2, name, emoji="💰")
            yield self.tables.fields(rows, layouts.WEBHOOKS[name])
            status = next((row for row in rows if row.name == "status" and row.values), None)
            if status is not None:
                yield self.w.prose("status", values="/".join(status.values))
            yield self.w.title(3, "example")
            yield Sample("json", layouts.remarked(rows))
        delivery = self.spec["x-webhook-delivery"]
        after = delivery["retry-after-seconds"]
        yield self.w.title(2, "retries", emoji="⏰")
        yield self.w.prose("retries", schedule="、".join(map(layouts.brief, after)), total=layouts.brief(sum(after)))
        yield self.w.title(2, "answer")
        yield self.w.prose("answer", body=delivery["acknowledgement"]["body"])

    def _changes(self) -> Iterator[Part]:
        dates = _changes(self.spec, self.w)
        for date in sorted(dates, reverse=True):
            yield Title(2, date.replace("-", "/"))
            yield Bullets(tuple(dates[date]))

    def _guide(self) -> Iterator[Part]:
        """Write the integration guide: paths, headers, codes, statuses, fiats, the answer to a webhook."""
        yield Title(2, "Interfaces")
        yield self._paths()
        yield Title(2, "Request headers")
        yield self.tables.headers(content_type=True)
        yield Prose("The signing string is `body + timestamp + appKey`.")
        yield Title(2, "Common codes")
        yield self.tables.codes()
        yield Title(2, "Status")
        yield self.tables.statuses()
        yield Title(2, "Fiat")
        yield Prose("HaloPay supports 21 fiat currencies.")
        yield Title(2, "Webhook")
        yield Prose(f"Answer a webhook with the string `{self.spec['x-webhook-delivery']['acknowledgement']['body']}`.")


def _file(webhook: str) -> str:
    return f"webhook.{webhook.replace('-', '_')}"


def _changes(spec: Mapping[str, Any], w: Wording) -> dict[str, list[str]]:
    """Return what the spec knows of the change record: fields that came from it, and when paths moved."""
    dates: dict[str, list[str]] = {}
    for name, schema in spec["components"]["schemas"].items():
        for field, node in schema.get("properties", {}).items():
            page, _, date = str(node.get("x-source", "")).partition("#")
            if page == "change-record":
                dates.setdefault(date, []).append(w.said("added", where=name, name=field))
    for path, node in wire.operations(spec):
        if "x-since" in node and "x-legacy-path" in node:
            moved = w.said("moved", old=node["x-legacy-path"]["path"], new=path)
            dates.setdefault(node["x-since"]["date"], []).append(moved)
    return dates


_GO = """\
func Sign(appKey string, timestamp string, params any) string {
	body, _ := json.Marshal(params)
	mac := hmac.New(sha256.New, []byte(appKey))
	mac.Write([]byte(CONTENT))
	return hex.EncodeToString(mac.Sum(nil))
}"""
_JAVA = """\
public static String sign(String appKey, String timestamp, String body) throws Exception {
    String content = CONTENT;
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(appKey.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    byte[] digest = mac.doFinal(content.getBytes(StandardCharsets.UTF_8));
    return Hex.encodeHexString(digest);
}"""
