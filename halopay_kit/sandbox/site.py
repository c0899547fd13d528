"""All that the sandbox serves: HaloPay's API, the checkout page, control calls."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Mount

from halopay_kit.sandbox.checkout import Checkout
from halopay_kit.sandbox.control import Control
from halopay_kit.sandbox.control_calls import ControlCalls
from halopay_kit.sandbox.gateway import Gateway
from halopay_kit.sandbox.wire.api import Api
from halopay_kit.sandbox.wire.desk import Desk
from halopay_kit.sandbox.wire.spec import load


def site(gateway: Gateway, control: Control, control_token: str) -> Starlette:
    """Return the application."""
    app = Starlette(
        routes=[
            Mount("/api", app=Api(Desk(gateway, load()))),
            Mount("/_sandbox", app=ControlCalls(control, control_token)),
            Mount("/checkout", app=Checkout(gateway, control)),
        ]
    )
    app.router.redirect_slashes = False
    return app
