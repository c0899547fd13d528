"""The public names of halopay-kit; each is loaded when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from halopay_kit.answers import Answer as Answer
    from halopay_kit.client import HaloPay as HaloPay
    from halopay_kit.errors import HaloPayError as HaloPayError
    from halopay_kit.errors import OutcomeUnknown as OutcomeUnknown
    from halopay_kit.sandbox import Sandbox as Sandbox
    from halopay_kit.signing import AppKey as AppKey
    from halopay_kit.signing import sign as sign
    from halopay_kit.transport import Attempt as Attempt
    from halopay_kit.webhooks import Event as Event

__version__ = "0.1.0"

_HOME = {
    "Answer": "answers",
    "AppKey": "signing",
    "Attempt": "transport",
    "Event": "webhooks",
    "HaloPay": "client",
    "HaloPayError": "errors",
    "OutcomeUnknown": "errors",
    "Sandbox": "sandbox",
    "sign": "signing",
}
_ROOMS = ("errors", "signing", "webhooks")

__all__ = [*_HOME, *_ROOMS, "__version__"]


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(f"halopay_kit.{_HOME[name]}"), name)
    if name in _ROOMS:
        return import_module(f"halopay_kit.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
