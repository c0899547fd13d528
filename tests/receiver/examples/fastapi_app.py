"""A FastAPI shop that takes HaloPay's webhooks at /halopay/webhooks.

HALOPAY_INBOX=inbox.sqlite HALOPAY_APP_ID=... HALOPAY_APP_KEY=... uvicorn fastapi_app:app
"""

import os

from fastapi import FastAPI

from halopay_kit import receiver
from halopay_kit.inbox import Inbox

inbox = Inbox(os.environ["HALOPAY_INBOX"])
webhooks = receiver.asgi(inbox, {os.environ["HALOPAY_APP_ID"]: os.environ["HALOPAY_APP_KEY"]}, path="/webhooks")
app = FastAPI()
app.mount("/halopay", webhooks)


@app.get("/")
def shop() -> dict[str, str]:
    return {"shop": "open"}
