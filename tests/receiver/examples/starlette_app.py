"""A Starlette shop that takes HaloPay's webhooks at /halopay/webhooks.

HALOPAY_INBOX=inbox.sqlite HALOPAY_APP_ID=... HALOPAY_APP_KEY=... uvicorn starlette_app:app
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from halopay_kit import receiver
from halopay_kit.inbox import Inbox

inbox = Inbox(os.environ["HALOPAY_INBOX"])
webhooks = receiver.asgi(inbox, {os.environ["HALOPAY_APP_ID"]: os.environ["HALOPAY_APP_KEY"]})


async def shop(_request: Request) -> JSONResponse:
    return JSONResponse({"shop": "open"})


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    yield
    webhooks.close()
    inbox.close()


app = Starlette(routes=[Route("/", shop), Route("/halopay/webhooks", webhooks)], lifespan=lifespan)
