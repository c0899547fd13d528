"""The sandbox's front door."""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self, get_args

from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox.app import App, hidden
from halopay_kit.sandbox.business.book import Delivery
from halopay_kit.sandbox.business.chance import Chance, control_token
from halopay_kit.sandbox.business.unknowns import Unknowns
from halopay_kit.sandbox.clock import Clock, Source, Span, When, seconds
from halopay_kit.sandbox.control import Control
from halopay_kit.sandbox.drift.drift import Drift
from halopay_kit.sandbox.faults import Faults
from halopay_kit.sandbox.gateway import Gateway, SignedAt
from halopay_kit.sandbox.player import Player
from halopay_kit.sandbox.record import Record
from halopay_kit.sandbox.webhooks.fates import FATES
from halopay_kit.signing import AppKey

if TYPE_CHECKING:
    from halopay_kit.sandbox.server import Server
    from halopay_kit.sandbox.state.state import State

_EXTRA = ("h11", "jinja2", "jsonschema_rs", "segno", "starlette", "uvicorn", "yaml")


def missing_extra() -> list[str]:
    """Return the packages of the extra `sandbox` that are not installed."""
    return [name for name in _EXTRA if importlib.util.find_spec(name) is None]


class Sandbox(Player):
    """HaloPay in a box: `with Sandbox() as box:` serves at `box.base_url` and forgets everything at the end.

    One app with an AppId and an AppKey, made up where none is given; every enabled token has an opening balance. The
    methods that play payer and chain may be called from any thread. An order or payout is named by `trade_no` or
    `out_trade_no`; they return it as the wire shows it. With `state`, a file, nothing that was answered is forgotten,
    however the sandbox ends: it begins where it was, with the same app; what else is set is given anew. The file holds
    the AppKey.

    Time flows with the machine's, or stands still from `start` on, or flows `speed` times as fast; `clock` is a source
    of one's own. `box.clock.advance("3h")` moves it, and what falls due on the way happens before it returns.
    Webhooks go to an order's callback_url, else to `webhook_url`, on this machine only unless `allow_remote_webhooks`;
    they carry the sandbox's time, or the machine's (`webhooks_signed_at="machine"`), and a receiver has
    `webhook_patience` real seconds to answer. With `payouts_settle_after` payouts arrive by themselves.

    Attributes:
        app_id: the app's id.
        app_key: the app's key; `environ()` hands it to children.
        control_token: what a control call under /_sandbox/ needs as its bearer token.
        clock: the sandbox's time.

    Raises:
        ConfigurationError: the extra is not installed, or a setting cannot be right.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        seed: int | str | None = None,
        app_id: str | None = None,
        app_key: str | AppKey | None = None,
        clock: Source | None = None,
        start: When | None = None,
        speed: float | None = None,
        webhook_url: str | None = None,
        webhooks_signed_at: SignedAt = "sandbox",
        webhook_patience: float = 5.0,
        allow_remote_webhooks: bool = False,
        payouts_settle_after: Span | None = None,
        drift: Sequence[str] = (),
        unknowns: Unknowns | None = None,
        state: str | os.PathLike[str] | None = None,
    ) -> None:
        given = hidden(app_key)
        del app_key  # or this frame would show it in a traceback
        missing = missing_extra()
        if missing:
            raise ConfigurationError(
                f"the sandbox needs {', '.join(missing)}", advice="pip install 'halopay-kit[sandbox]'"
            )
        chance = Chance(seed)
        self.control_token = control_token()
        self.clock = Clock(start, clock, speed)
        self._port = port
        self._server: Server | None = None
        self._state = kept = None if state is None else _kept(state)
        try:
            app = App(chance, *((app_id, given()) if kept is None else kept.whose(app_id, given())))
            self._app, self.app_id, self.app_key = app, app.id, app.key
            self._gateway = Gateway(
                app_id=self.app_id,
                app_key=self.app_key,
                clock=self.clock,
                chance=chance,
                lock=threading.RLock() if kept is None else kept.lock,
                unknowns=_unknowns(unknowns),
                drift=Drift(_texts(drift), app_key=app.told),
                webhook_url=_url(webhook_url),
                webhooks_signed_at=_signed_at(webhooks_signed_at),
                webhook_patience=seconds(webhook_patience),
                allow_remote_webhooks=allow_remote_webhooks,
                payouts_settle_after=None if payouts_settle_after is None else seconds(payouts_settle_after),
            )
            with self._gateway.lock:
                if kept is not None:
                    kept.attach(self._gateway, app.told)
                self._gateway.open(FATES)
            self._control = Control(self._gateway)
        except BaseException:
            if kept is not None:
                kept.close()
            raise

    @property
    def base_url(self) -> str:
        """Where the sandbox serves.

        Raises:
            ConfigurationError: it is not started.
        """
        if self._server is None:
            raise ConfigurationError("the sandbox is not started", advice="Say start(), or use it in a with statement.")
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose."""
        return self._gateway.faults

    @property
    def record(self) -> Record:
        """What happened so far."""
        return self._gateway.record

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """Every webhook that was or will be sent, with its attempts."""
        self._gateway.agenda.look()
        return tuple(self._gateway.deliveries)

    @property
    def webhooks_signed_at(self) -> SignedAt:
        """The clock whose time webhooks carry."""
        return self._gateway.webhooks_signed_at

    @property
    def webhook_url(self) -> str | None:
        """Where webhooks go whose order or payout names no callback_url."""
        return self._gateway.webhook_url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self._gateway.webhook_url = _url(url)

    def environ(self) -> dict[str, str]:
        """Return the environment by which a child process reaches this sandbox, the AppKey's text included."""
        return {**self._app.environ(), "HALOPAY_BASE_URL": self.base_url}

    def start(self) -> Self:
        """Serve in a thread; return when calls are answered."""
        if self._server is not None:
            raise ConfigurationError("the sandbox is started already")
        if self._state is not None and self._state.closed:
            raise ConfigurationError(
                "a sandbox with a state starts once", advice="Make another one with the same file."
            )
        from halopay_kit.sandbox.server import Server
        from halopay_kit.sandbox.site import site

        server = Server(site(self._gateway, self._control, self.control_token), self._port)
        self._gateway.base_url = f"http://127.0.0.1:{server.port}"
        server.start()
        self._server = server
        self._gateway.agenda.start()
        return self

    def stop(self) -> None:
        """Stop serving; nothing happens if it does not serve."""
        server, self._server = self._server, None
        if server is not None:
            self._gateway.agenda.halt()
            self._gateway.deliveries.stop()
            server.stop()
            self._gateway.agenda.stop()
            self._gateway.deliveries.stop()
        if self._state is not None:
            self._state.close()

    def serve(self, started: Callable[[Sandbox], object] | None = None) -> None:
        """Serve in the foreground until Ctrl-C or SIGTERM; `started` is called once calls are answered.

        Only the main thread can call it.
        """
        if threading.current_thread() is not threading.main_thread():
            raise ConfigurationError("serve() is for the main thread", advice="Use start() and stop() elsewhere.")
        from halopay_kit.sandbox.server import signalled

        with signalled() as over, self:
            if started is not None:
                started(self)
            over.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()


def _kept(file: str | os.PathLike[str]) -> State:
    """Open the file of a state; who has none does without SQLite."""
    from halopay_kit.sandbox.state.state import State

    return State(file)


def _signed_at(value: SignedAt) -> SignedAt:
    if value not in get_args(SignedAt):
        raise ConfigurationError(f"webhooks_signed_at is one of {', '.join(get_args(SignedAt))}")
    return value


def _url(url: str | None) -> str | None:
    if not isinstance(url, str | None):
        raise ConfigurationError("webhook_url is a text")
    return url


def _texts(drift: Sequence[str]) -> Sequence[str]:
    if isinstance(drift, str) or not isinstance(drift, Sequence) or not all(isinstance(text, str) for text in drift):
        raise ConfigurationError("drift is a list of texts like order.create.amount:renamed")
    return drift


def _unknowns(given: Unknowns | None) -> Unknowns:
    if not isinstance(given, Unknowns | None):
        raise ConfigurationError("unknowns is no Unknowns")
    return given or Unknowns()
