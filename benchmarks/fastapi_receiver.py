"""What a merchant's engineer writes first: FastAPI, the standard library, one commit for each event."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable

from fastapi import FastAPI, Request, Response

from benchmarks.messages import APP_KEY

_clock = time.time  # noqa: TID251  # a server has a clock


def application(insert: Callable[[str, bytes, float], None]) -> FastAPI:
    """Verify, store, answer; `insert` commits."""
    app = FastAPI()

    @app.post("/")
    async def receive(request: Request) -> Response:
        body = await request.body()
        timestamp = request.headers["x-timestamp"]
        made = hmac.digest(APP_KEY.encode(), body + timestamp.encode(), "sha256").hex()
        if not hmac.compare_digest(made, request.headers["x-sign"]) or abs(_clock() - int(timestamp)) > 86400:
            return Response("bad signature", status_code=401)
        event = json.loads(body)
        key = "|".join(str(event[name]) for name in ("appid", "type", "trade_no", "status", "amount_collected"))
        insert(key, body, _clock())
        return Response("Success", media_type="text/plain")

    return app
