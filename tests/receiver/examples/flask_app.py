"""A Flask shop that takes HaloPay's webhooks at /halopay/webhooks.

HALOPAY_INBOX=inbox.sqlite HALOPAY_APP_ID=... HALOPAY_APP_KEY=... gunicorn --threads 8 flask_app:app
"""

import os

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from halopay_kit import receiver
from halopay_kit.inbox import Inbox

inbox = Inbox(os.environ["HALOPAY_INBOX"])
app = Flask(__name__)
webhooks = receiver.wsgi(inbox, {os.environ["HALOPAY_APP_ID"]: os.environ["HALOPAY_APP_KEY"]})
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/halopay/webhooks": webhooks})


@app.get("/")
def shop() -> dict[str, str]:
    return {"shop": "open"}
