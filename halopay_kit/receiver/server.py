"""A server for the receiver: uvicorn, patient with requests in flight and with nobody else."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from halopay_kit.errors import ConfigurationError
from halopay_kit.receiver.receiver import TIMEOUT

if TYPE_CHECKING:
    import uvicorn

    from halopay_kit.receiver.asgi_application import AsgiApplication
    from halopay_kit.receiver.health import Probe

_SPARE_FILES = 128
_FILES = 65536


def serve(
    receiver: AsgiApplication,
    probe: Probe,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    timeout: float = TIMEOUT,
    keep_alive: int = 30,
    grace: int = 20,
    connections: int = 4096,
    access_log: bool = False,
    announce: Callable[[str], None] = lambda _: None,
    over: threading.Event | None = None,
) -> None:
    """Serve until SIGTERM, Ctrl-C or `over`, then finish what is in flight.

    `probe` raises while the store does not answer; /healthz asks it. A request's head has `timeout` seconds, an idle
    connection `keep_alive`, and what is in flight at the end `grace`. Beyond so many `connections` the slowest is
    closed. `announce` is told the address once requests are taken. In another thread than the main one `over` is the
    way to end it.

    Raises:
        ConfigurationError: the extra is not installed, or the address cannot be used.
    """
    try:
        import prometheus_client  # noqa: F401  # for /metrics; better missed now than then
        import uvicorn

        from halopay_kit.receiver.connections import Connections
        from halopay_kit.receiver.line import lines
    except ImportError as error:
        raise ConfigurationError(
            "serving needs uvicorn and prometheus-client", advice="pip install 'halopay-kit[receive]'"
        ) from error
    from halopay_kit.receiver.site import Site

    with _bound(host, port) as listener, _signalled(over or threading.Event()) as over:
        known = Connections(at_most=_affordable(connections), patience=timeout, metrics=receiver.metrics)
        config = uvicorn.Config(
            Site(receiver, probe),
            http=lines(known, receiver),
            ws="none",
            lifespan="on",
            log_config=None,
            log_level=logging.INFO if access_log else logging.ERROR,
            access_log=access_log,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=keep_alive,
            timeout_graceful_shutdown=grace,
        )
        _server(config, over, lambda: announce(_address(listener))).run([listener])


def _server(config: uvicorn.Config, over: threading.Event, announce: Callable[[], None]) -> uvicorn.Server:
    import uvicorn

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # uvicorn's own would die of the signal after a clean end

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            announce()

        async def on_tick(self, counter: int) -> bool:
            self.should_exit = self.should_exit or over.is_set()
            return await super().on_tick(counter)

    return Server(config)


@contextlib.contextmanager
def _signalled(over: threading.Event) -> Iterator[threading.Event]:
    if threading.current_thread() is not threading.main_thread():
        yield over
        return
    before = {sign: signal.signal(sign, lambda *_: over.set()) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield over
    finally:
        for sign, action in before.items():
            signal.signal(sign, action)


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )[0]
        # Without its protocol named, asyncio would not set TCP_NODELAY, and every answer would wait 40 ms for an ACK.
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"{host} is no address of this machine") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except (OSError, OverflowError) as error:
        listener.close()
        raise ConfigurationError(
            f"{host} port {port} cannot be used", advice="Take another; port 0 finds a free one."
        ) from error
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _affordable(connections: int) -> int:
    """Return how many connections there can be by the limit of open files, which is raised as far as it goes."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(connections + _SPARE_FILES, _FILES if hard == resource.RLIM_INFINITY else hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return connections if soft == resource.RLIM_INFINITY else max(1, min(connections, soft - _SPARE_FILES))
