"""A server on loopback in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from halopay_kit.errors import ConfigurationError

HOST = "127.0.0.1"
_PATIENCE = 10


class Server:
    """Binds at once, so that `port` is known; serves between `start` and `stop`."""

    def __init__(self, app: Starlette, port: int) -> None:
        self._socket = _bound(port)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            date_header=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        self._uvicorn = _Uvicorn(config)
        self._thread = threading.Thread(
            target=self._uvicorn.run, args=([self._socket],), name=f"halopay-sandbox-{self.port}", daemon=True
        )

    def start(self) -> None:
        """Serve; return when calls are answered."""
        self._thread.start()
        if not self._uvicorn.ready.wait(_PATIENCE):
            self.stop()
            raise ConfigurationError("the sandbox did not start")

    def stop(self) -> None:
        """Finish what is under way, close every connection, end the thread."""
        self._uvicorn.end()
        self._thread.join(_PATIENCE)
        self._socket.close()


@contextlib.contextmanager
def signalled() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C or SIGTERM sets; put things back at the end. For the main thread."""
    over = threading.Event()
    before = {sign: signal.signal(sign, lambda *_: over.set()) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield over
    finally:
        for sign, action in before.items():
            signal.signal(sign, action)


class _Uvicorn(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._over: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def end(self) -> None:
        """Stop serving; callable from any thread."""
        self.should_exit = True
        if self._over is not None:
            loop, over = self._over
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                loop.call_soon_threadsafe(over.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._over = (asyncio.get_running_loop(), asyncio.Event())
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:  # uvicorn's own wakes up ten times a second
        await self.on_tick(0)
        if self._over is not None and not self.should_exit:
            await self._over[1].wait()


def _bound(port: int) -> socket.socket:
    # Without its protocol named, asyncio would not set TCP_NODELAY, and every answer would wait 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except (OSError, OverflowError, TypeError) as error:
        listener.close()
        raise ConfigurationError(f"port {port} cannot be used", advice="Take another; 0 finds a free one.") from error
    return listener
