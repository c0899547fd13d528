"""An inbox to receive into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from halopay_kit.inbox import Inbox
from halopay_kit.receiver import asgi
from halopay_kit.receiver.asgi_application import AsgiApplication
from tests.receiver.wire import APP_ID, KEY, NOW


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with Inbox(tmp_path / "inbox.sqlite", clock=lambda: NOW) as inbox:
        yield inbox


@pytest.fixture
def receiving(inbox: Inbox) -> Iterator[Callable[..., AsgiApplication]]:
    """Make receivers into the inbox; they are closed before it is."""
    made = []

    def receiving(app_key=None, into=inbox, **options) -> AsgiApplication:
        made.append(asgi(into, app_key or {APP_ID: KEY}, **{"clock": lambda: NOW, **options}))
        return made[-1]

    yield receiving
    for app in made:
        app.close()
