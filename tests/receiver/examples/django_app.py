"""A Django shop, in one file, that takes HaloPay's webhooks at /halopay/webhooks.

In a project of several files the last part belongs into wsgi.py.
HALOPAY_INBOX=inbox.sqlite HALOPAY_APP_ID=... HALOPAY_APP_KEY=... gunicorn --threads 8 django_app:application
"""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

from halopay_kit import receiver
from halopay_kit.inbox import Inbox


def shop(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"shop": "open"})


urlpatterns = [path("", shop)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"])

inbox = Inbox(os.environ["HALOPAY_INBOX"])
webhooks = receiver.wsgi(inbox, {os.environ["HALOPAY_APP_ID"]: os.environ["HALOPAY_APP_KEY"]})
django = get_wsgi_application()


def application(environ, start_response):
    if environ["PATH_INFO"] == "/halopay/webhooks":
        return webhooks(environ, start_response)
    return django(environ, start_response)
