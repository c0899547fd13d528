"""A caller that talks plain HTTP and computes signatures by itself, so that nothing of the kit vouches for itself."""

from __future__ import annotations

import hashlib
import hmac
import json
from importlib.resources import files

import jsonschema_rs
import urllib3

from halopay_kit.sandbox import Sandbox

START = 1_773_750_000
KEY = "testAppKey"
SPEC = json.loads(files("halopay_api").joinpath("openapi.json").read_text("utf-8"))
PATHS = {item["post"]["operationId"]: path for path, item in SPEC["paths"].items()}
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"


class Hand:
    """A clock that somebody moves."""

    def __init__(self, second: float = START) -> None:
        self.second = second

    def __call__(self) -> float:
        return self.second


class Wire:
    """Calls a sandbox."""

    def __init__(self, box: Sandbox, hand: Hand) -> None:
        self.box = box
        self.hand = hand
        self._pool = urllib3.PoolManager(retries=False)

    def close(self) -> None:
        self._pool.clear()

    def send(
        self, path: str, body: bytes, *, method: str = "POST", key: str = KEY, **headers: str | None
    ) -> urllib3.BaseHTTPResponse:
        """Send a body, signed; a header given as None is left out."""
        timestamp = headers.get("timestamp", str(int(self.hand.second)))
        signature = hmac.new(key.encode(), body + (timestamp or "").encode(), hashlib.sha256).hexdigest()
        given = {
            "X-Appid": headers.get("app_id", self.box.app_id),
            "X-Timestamp": timestamp,
            "X-Sign": headers.get("sign", signature),
            "Content-Type": headers.get("content_type", "application/json"),
        }
        return self._pool.request(
            method,
            self.box.base_url + path,
            body=body,
            headers={name: value for name, value in given.items() if value is not None},
        )

    def raw(self, operation: str, body: bytes, **options: str | None) -> dict[str, object]:
        """Return the envelope of an answer, whose signature and shape are checked here for every call of every test."""
        answer = self.send(PATHS[operation], body, **options)  # type: ignore[arg-type]
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-appid"] == self.box.app_id
        timestamp = answer.headers["x-timestamp"]
        assert timestamp == str(int(self.hand.second))
        expected = hmac.new(KEY.encode(), answer.data + timestamp.encode(), hashlib.sha256).hexdigest()
        assert answer.headers["x-sign"] == expected
        envelope = json.loads(answer.data)
        assert_is_of_the_spec(operation, envelope)
        return envelope

    def call(self, operation: str, **fields: object) -> dict[str, object]:
        """Return the envelope of an answer."""
        return self.raw(operation, json.dumps(fields).encode())

    def data(self, operation: str, **fields: object) -> dict:
        """Return the data of an answer that succeeds."""
        envelope = self.call(operation, **fields)
        assert envelope["code"] == 0, envelope
        assert envelope["msg"] == "success"
        return envelope["data"]

    def code(self, operation: str, **fields: object) -> int:
        """Return the code of an answer."""
        return self.call(operation, **fields)["code"]

    def balance(self, currency_id: int) -> str:
        """Return a balance."""
        return self.data("account.balance", currency_id=currency_id)["balance"]

    def control(
        self, name: str, *, method: str = "POST", token: str | None = "", host: str | None = None, body: object = None
    ) -> tuple[int, dict]:
        """Make a control call."""
        headers = {"Authorization": f"Bearer {self.box.control_token if token == '' else token}"}
        if token is None:
            headers = {}
        if host is not None:
            headers["Host"] = host
        raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        answer = self._pool.request(
            method, f"{self.box.base_url}/_sandbox/{name}", body=raw if method == "POST" else None, headers=headers
        )
        assert answer.headers["content-type"] == "application/json"
        return answer.status, json.loads(answer.data)


def assert_is_of_the_spec(operation: str, envelope: dict[str, object]) -> None:
    """Judge an answer by the spec's own schema; fields that the spec does not have are refused too."""
    answer = SPEC["paths"][PATHS[operation]]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema_rs.Draft202012Validator({**answer, "components": SPEC["components"]}).validate(envelope)
    if "data" in envelope:
        schemas = SPEC["components"]["schemas"]
        data = schemas[answer["$ref"].rpartition("/")[2]]["allOf"][1]["properties"]["data"]
        ref = data["items"]["$ref"] if "items" in data else data["$ref"]
        rows = envelope["data"] if "items" in data else [envelope["data"]]
        assert all(set(row) <= set(schemas[ref.rpartition("/")[2]]["properties"]) for row in rows)
