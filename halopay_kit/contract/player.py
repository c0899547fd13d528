"""Who plays payer, chain and clock of a sandbox, so that its webhooks are seen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from halopay_api.policy import TOLERANCE
from halopay_kit.connection import is_loopback
from halopay_kit.errors import ConfigurationError, HaloPayError, Unreachable

if TYPE_CHECKING:
    from halopay_kit.sandbox import Sandbox

_A_MOMENT = 5.0  # seconds
_PATIENCE = 60.0  # seconds; a clock that moves by a day waits for every attempt on the way


class CannotBePlayed(HaloPayError):
    """What was to happen does not: there is no such order, or nobody can do it there."""


class Player(Protocol):
    """Lets things happen; each method returns once the webhooks that it causes were sent.

    Attributes:
        travels: it can move the clock, and webhooks go by that clock too.
    """

    travels: bool

    def act(self, name: str, **fields: str | int) -> None:
        """Do what the sandbox's control call of that name does: pay, expire, settle, fail, advance.

        Raises:
            CannotBePlayed: it makes no sense there.
        """

    def obstacle(self) -> str | None:
        """Say why nothing should be played there, if so."""

    def tell_webhooks(self, url: str | None) -> bool:
        """Say where webhooks go whose order names no URL; False where it cannot be said."""


class BoxPlayer:
    """Plays in a sandbox of this process."""

    travels = True

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self._webhook_url = box.webhook_url

    def act(self, name: str, **fields: str | int) -> None:
        """Do it at the sandbox itself."""
        from halopay_kit.sandbox import ControlError

        try:
            if name == "advance":
                self._box.clock.advance(fields["by"])
            else:
                getattr(self._box, name)(**fields)
        except ControlError as error:
            raise CannotBePlayed(error.problem) from error

    def obstacle(self) -> str | None:
        """There is none."""
        return None

    def tell_webhooks(self, url: str | None) -> bool:
        """Set its `webhook_url`; None puts back the one it had."""
        self._box.webhook_url = self._webhook_url if url is None else url
        return True


def is_sandbox(base_url: str) -> bool:
    """Ask whether a sandbox answers at an address of this machine; anything else there may lead to HaloPay itself.

    Raises:
        Unreachable: nothing answers.
    """
    import urllib3

    url = f"{base_url.rstrip('/')}/_sandbox/clock"
    try:
        answer = urllib3.request("GET", url, retries=False, redirect=False, timeout=_A_MOMENT)
        told = answer.json()
    except urllib3.exceptions.HTTPError as error:
        raise Unreachable(f"nothing answers at {base_url}", advice="Start a sandbox: halopay sandbox.") from error
    except ValueError:
        return False
    return answer.status == 401 and isinstance(told, dict) and "control token" in str(told.get("error"))


class ControlPlayer:
    """Plays in a sandbox elsewhere on this machine, by its control calls.

    Its clock is left alone: its webhooks carry the machine's time, and would seem to be signed at another.

    Raises:
        ConfigurationError: it is not on this machine.
    """

    travels = False

    def __init__(self, base_url: str, token: str) -> None:
        import urllib3

        if not is_loopback(urllib3.util.parse_url(base_url).host or ""):
            raise ConfigurationError("control calls are for a sandbox on this machine")
        self._base_url = base_url.rstrip("/")
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self._pool = urllib3.PoolManager(retries=False, timeout=_PATIENCE)

    def act(self, name: str, **fields: str | int) -> None:
        """Do it by a control call."""
        self._call("POST", name, fields)

    def obstacle(self) -> str | None:
        """Ask whether its clock was moved before."""
        told = self._call("GET", "clock")
        if abs(float(told["time"]) - float(told["machine"])) <= TOLERANCE:
            return None
        return "the sandbox's clock is not the machine's, by which its webhooks are signed: start one whose clock is"

    def tell_webhooks(self, url: str | None) -> bool:
        """There is no control call for it: it is said when the sandbox is started."""
        return url is None

    def close(self) -> None:
        """Hang up."""
        self._pool.clear()

    def _call(self, method: str, name: str, fields: dict[str, str | int] | None = None) -> dict[str, Any]:
        from urllib3.exceptions import HTTPError

        body = None if fields is None else json.dumps(fields)
        try:
            answer = self._pool.request(method, f"{self._base_url}/_sandbox/{name}", body=body, headers=self._headers)
            told: dict[str, Any] = answer.json()
        except (HTTPError, ValueError) as error:
            raise CannotBePlayed("no sandbox answers there", advice="Start one: halopay sandbox.") from error
        if answer.status != 200:
            raise CannotBePlayed(str(told.get("error", f"HTTP {answer.status}")))
        return told
