"""What is tested: an address, an app, a clock, and whether somebody there can play payer and chain."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import attrs

from halopay_kit.connection import Connection, is_loopback
from halopay_kit.contract.player import BoxPlayer, ControlPlayer, Player
from halopay_kit.errors import ConfigurationError
from halopay_kit.signing import AppKey

if TYPE_CHECKING:
    from halopay_kit.sandbox import Sandbox


@attrs.frozen(kw_only=True)
class Target:
    """A HaloPay to test.

    Attributes:
        name: what reports call it.
        live: real money may be behind it: only the calls of a plan are sent, never an unsigned or a wrong one.
        ours: it was started for this run; calls go by its own clock, and no number is taken there.
        clock: unix seconds that calls carry.
        webhook_clock: unix seconds that webhooks carry, where that is another clock.
        player: who plays payer, chain and clock there; None: nobody does.

    Raises:
        ConfigurationError: the address cannot be right, or is not on this machine and said not to be live.
    """

    name: str
    base_url: str
    app_id: str
    app_key: AppKey
    live: bool
    ours: bool = False
    clock: Callable[[], float] = time.time  # noqa: TID251  # a target's own time is the machine's, but for a sandbox
    webhook_clock: Callable[[], float] | None = None
    player: Player | None = None

    def __attrs_post_init__(self) -> None:
        Connection(self.base_url).close()  # what is no address, or may be read as two, is refused here
        if not self.live and not is_loopback(urlsplit(self.base_url).hostname or ""):
            raise ConfigurationError("an address that is not this machine's is live")

    @classmethod
    def sandbox(cls, box: Sandbox) -> Self:
        """Return a sandbox of this process, which runs."""
        return cls(
            name="sandbox",
            base_url=box.base_url,
            app_id=box.app_id,
            app_key=box.app_key,
            live=False,
            ours=True,
            clock=box.clock.now,
            webhook_clock=box.clock.machine if box.webhooks_signed_at == "machine" else None,
            player=BoxPlayer(box),
        )

    @classmethod
    def at(
        cls, base_url: str, app_id: str, app_key: AppKey, *, live: bool = False, control_token: str | None = None
    ) -> Self:
        """Return the target at an address; one that is not loopback is live, whatever is said.

        With its control token, the payer and the chain of a sandbox at that address can be played.
        """
        live = live or not is_loopback(urlsplit(base_url).hostname or "")
        player = ControlPlayer(base_url, control_token) if control_token and not live else None
        return cls(name=base_url, base_url=base_url, app_id=app_id, app_key=app_key, live=live, player=player)
