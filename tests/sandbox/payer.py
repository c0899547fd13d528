"""A payer at the checkout page: a browser without a screen, and what it sees."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import urllib3

from halopay_kit.sandbox import Sandbox


class Seen(HTMLParser):
    """A page: its tags with the names of their attributes, its text, its forms."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.actions: list[str] = []
        self.inputs: dict[str, str] = {}
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        values = {name: value or "" for name, value in attrs}
        self.links += [values[name] for name in ("href", "src") if name in values]
        self.actions += [values["action"]] if tag == "form" else []
        if tag == "input":
            self.inputs[values["name"]] = values["value"]

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


class Payer:
    """A browser without a screen."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.pool = urllib3.PoolManager(retries=False)

    def get(self, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        return self.pool.request("GET", f"{self.box.base_url}/checkout/{path}", headers=headers, redirect=False)

    def page(self, trade_no: str) -> Seen:
        answer = self.get(trade_no)
        assert answer.status == 200
        return Seen(answer.data.decode())

    def state(self, trade_no: str) -> dict:
        return json.loads(self.get(f"{trade_no}/state").data)

    def post(self, path: str, *, headers: dict[str, str] | None = None, **form: str) -> urllib3.BaseHTTPResponse:
        if "token" not in form:
            form["token"] = self.page(path.partition("/")[0]).inputs["token"]
        return self.pool.request_encode_body(
            "POST",
            f"{self.box.base_url}/checkout/{path}",
            fields={name: value for name, value in form.items() if value is not None},
            encode_multipart=False,
            headers=headers,
            redirect=False,
        )
