"""Take webhooks in: verify, commit, answer `Success`; plain ASGI and WSGI callables, and a server."""

from halopay_kit.receiver.asgi_application import asgi
from halopay_kit.receiver.metrics import Metrics
from halopay_kit.receiver.wsgi_application import wsgi

__all__ = ["Metrics", "asgi", "wsgi"]
