"""Fixtures for tests that talk to HaloPay: a sandbox, a client on it, a webhook endpoint, the clock.

Each test gets its own sandbox. It is seeded with the test's name, and its clock stands still from `START` on until
the test moves it, so that the same test sees the same world each time.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from halopay_kit.client import HaloPay
    from halopay_kit.pytest_plugin.endpoint import WebhookEndpoint
    from halopay_kit.sandbox import Sandbox
    from halopay_kit.sandbox.clock import Clock

START = "2026-03-17T12:20:00Z"
MARKER = "halopay(seed=…, start=…, faults=[…], drift=[…]): the sandbox of this test, see halopay_kit.pytest_plugin"


def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def halopay_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A running `Sandbox`, this test's alone.

    `@pytest.mark.halopay(…)` on the test, its class or its module takes `faults=["payout.create:cut_after=1"]`,
    `drift=["order.create.amount:renamed"]`, `seed`, `start` (None for the machine's own time), and what else
    `Sandbox` takes.
    """
    from halopay_kit.sandbox.box import missing_extra

    missing = missing_extra()
    if missing:
        pytest.fail(f"halopay_sandbox needs {', '.join(missing)}: pip install 'halopay-kit[sandbox]'", pytrace=False)
    from halopay_kit.errors import ConfigurationError
    from halopay_kit.sandbox import Sandbox

    options = _options(request)
    faults = options.pop("faults", ())
    takes = inspect.signature(Sandbox).parameters
    if not options.keys() <= takes.keys():
        pytest.fail(f"@pytest.mark.halopay takes faults, {', '.join(takes)}", pytrace=False)
    try:
        box = Sandbox(**options)
        for text in faults if isinstance(faults, list | tuple) else [faults]:
            box.faults.add_text(text)
        box.start()
    except ConfigurationError as error:
        pytest.fail(f"@pytest.mark.halopay: {error}", pytrace=False)
    try:
        yield box
    finally:
        box.stop()


@pytest.fixture
def halopay_client(halopay_sandbox: Sandbox) -> Iterator[HaloPay]:
    """A `HaloPay` client of the sandbox, on its clock: even the wait before it tries again takes no time."""
    from halopay_kit.client import HaloPay

    box = halopay_sandbox
    client = HaloPay(box.app_id, box.app_key, box.base_url, clock=box.clock.now, sleep=box.clock.advance)
    with client:
        yield client


@pytest.fixture
def halopay_webhooks(halopay_sandbox: Sandbox) -> Iterator[WebhookEndpoint]:
    """A webhook endpoint that the sandbox sends to; `events` are verified and typed, `answer` may misbehave."""
    from halopay_kit.pytest_plugin.endpoint import WebhookEndpoint

    box = halopay_sandbox
    with WebhookEndpoint(box.app_id, box.app_key, box.clock.now) as endpoint:
        before, box.webhook_url = box.webhook_url, endpoint.url
        try:
            yield endpoint
        finally:
            box.webhook_url = before


@pytest.fixture
def halopay_clock(halopay_sandbox: Sandbox) -> Clock:
    """The sandbox's clock: `advance("3h")`, `travel_to("2026-03-18T00:00:00Z")`, `now()`."""
    return halopay_sandbox.clock


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("halopay"))):  # the test's own comes last and wins
        if marker.args:
            pytest.fail("@pytest.mark.halopay takes names: seed=…, start=…, faults=[…], drift=[…]", pytrace=False)
        options |= marker.kwargs
    own_time = not {"start", "clock", "speed"} & set(options)
    return {"seed": request.node.nodeid, **({"start": START} if own_time else {}), **options}
