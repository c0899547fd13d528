"""The sandbox's front door."""

from __future__ import annotations

import importlib.util
import re
import signal
import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox.chance import Chance, control_token
from halopay_kit.sandbox.clock import Clock
from halopay_kit.sandbox.control import Amount, Control
from halopay_kit.sandbox.gateway import Gateway
from halopay_kit.sandbox.unknowns import Unknowns
from halopay_kit.signing import AppKey

if TYPE_CHECKING:
    from halopay_kit.sandbox.server import Server

_APP_ID = re.compile(r"[\x21-\x7e]{1,64}")
_EXTRA = ("jsonschema_rs", "openapi_core", "starlette", "uvicorn")


class Sandbox:
    """HaloPay in a box: `with Sandbox() as box:` serves at `box.base_url` and forgets everything at the end.

    One app with an AppId and an AppKey, made up where none is given; every enabled token has an opening balance. The
    methods that play payer and chain may be called from any thread. An order or payout is named by `trade_no` or
    `out_trade_no`; they return it as the wire shows it.

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
        clock: Callable[[], float | datetime] | None = None,
        unknowns: Unknowns | None = None,
    ) -> None:
        missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
        if missing:
            raise ConfigurationError(
                f"the sandbox needs {', '.join(missing)}", advice="pip install 'halopay-kit[sandbox]'"
            )
        chance = Chance(seed)
        drawn_id, drawn_key = chance.app_id(), chance.app_key()
        text = drawn_key if app_key is None else app_key
        try:
            self.app_key = AppKey(text)
            self._key_text = _closed(text)
        finally:
            del app_key, drawn_key, text  # or this frame would show it in a traceback
        self.app_id = drawn_id if app_id is None else app_id
        if not isinstance(self.app_id, str) or not _APP_ID.fullmatch(self.app_id):
            raise ConfigurationError("the AppId is empty or holds white space or unusual characters")
        self.control_token = control_token()
        self.clock = Clock(clock)
        self.clock.now()  # a clock that cannot be right is refused here
        self._port = port
        self._server: Server | None = None
        self._gateway = Gateway(
            app_id=self.app_id,
            app_key=self.app_key,
            clock=self.clock,
            chance=chance,
            unknowns=unknowns or Unknowns(),
        )
        self._gateway.open()
        self._control = Control(self._gateway)

    @property
    def base_url(self) -> str:
        """Where the sandbox serves.

        Raises:
            ConfigurationError: it is not started.
        """
        if self._server is None:
            raise ConfigurationError("the sandbox is not started", advice="Say start(), or use it in a with statement.")
        return f"http://127.0.0.1:{self._server.port}"

    def environ(self) -> dict[str, str]:
        """Return the environment by which a child process reaches this sandbox, the AppKey's text included."""
        text = self._key_text()
        if not isinstance(text, str):
            raise ConfigurationError("the AppKey was given as an AppKey, which does not tell its text")
        return {
            "HALOPAY_APP_ID": self.app_id,
            "HALOPAY_APP_KEY": text,
            "HALOPAY_BASE_URL": self.base_url,
        }

    def start(self) -> Self:
        """Serve in a thread; return when calls are answered."""
        if self._server is not None:
            raise ConfigurationError("the sandbox is started already")
        from halopay_kit.sandbox.server import Server
        from halopay_kit.sandbox.site import site

        server = Server(site(self._gateway, self._control, self.control_token), self._port)
        self._gateway.base_url = f"http://127.0.0.1:{server.port}"
        server.start()
        self._server = server
        return self

    def stop(self) -> None:
        """Stop serving; nothing happens if it does not serve."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def serve(self, started: Callable[[Sandbox], object] | None = None) -> None:
        """Serve in the foreground until Ctrl-C or SIGTERM; `started` is called once calls are answered.

        Only the main thread can call it.
        """
        if threading.current_thread() is not threading.main_thread():
            raise ConfigurationError("serve() is for the main thread", advice="Use start() and stop() elsewhere.")
        over = threading.Event()
        before = {sign: signal.signal(sign, lambda *_: over.set()) for sign in (signal.SIGINT, signal.SIGTERM)}
        try:
            with self:
                if started is not None:
                    started(self)
                over.wait()
        finally:
            for sign, action in before.items():
                signal.signal(sign, action)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    def pay(
        self,
        *,
        trade_no: str | None = None,
        out_trade_no: str | None = None,
        address: str | None = None,
        amount: Amount | None = None,
        currency_id: int | None = None,
    ) -> dict[str, object]:
        """Pay to an order or a fixed address, also by its address; the rest of the order where no amount is given.

        Any payment counts, a late or a second one too. `currency_id` is what the payer of a hosted order chooses,
        USDT on Tron where it is not given.

        Raises:
            ControlError: there is no such order, or the amount makes no sense.
        """
        return self._control.pay(
            trade_no=trade_no, out_trade_no=out_trade_no, address=address, amount=amount, currency_id=currency_id
        )

    def expire(self, *, trade_no: str | None = None, out_trade_no: str | None = None) -> dict[str, object]:
        """Let the time of an order be over.

        Raises:
            ControlError: there is no such order, or it is paid.
        """
        return self._control.expire(trade_no=trade_no, out_trade_no=out_trade_no)

    def settle(self, *, trade_no: str | None = None, out_trade_no: str | None = None) -> dict[str, object]:
        """Let a payout arrive.

        Raises:
            ControlError: there is no such payout, or it has come to its end.
        """
        return self._control.settle(trade_no=trade_no, out_trade_no=out_trade_no)

    def fail(self, *, trade_no: str | None = None, out_trade_no: str | None = None) -> dict[str, object]:
        """Let a payout fail; what it took goes back to the balance.

        Raises:
            ControlError: there is no such payout, or it has come to its end.
        """
        return self._control.fail(trade_no=trade_no, out_trade_no=out_trade_no)

    def fund(self, currency_id: int, amount: Amount) -> dict[str, object]:
        """Add to a balance.

        Raises:
            ControlError: the currency is not enabled, or the amount makes no sense.
        """
        return self._control.fund(currency_id, amount)

    def state(self) -> dict[str, object]:
        """Return everything that the sandbox remembers, as `GET /_sandbox/state` does."""
        return self._control.state()


def _closed(text: str | AppKey) -> Callable[[], str | AppKey]:
    """Keep the key's text where no attribute shows it."""
    return lambda: text
