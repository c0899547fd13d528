"""All that the sandbox serves: HaloPay's API, the checkout page, control calls."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from halopay_kit.sandbox.api import Api
from halopay_kit.sandbox.control import Control
from halopay_kit.sandbox.control_calls import ControlCalls
from halopay_kit.sandbox.desk import Desk
from halopay_kit.sandbox.gateway import Gateway
from halopay_kit.sandbox.spec import load


def site(gateway: Gateway, control: Control, control_token: str) -> Starlette:
    """Return the application."""

    def checkout(request: Request) -> Response:
        with gateway.lock:
            order = gateway.book.orders.find(request.path_params["trade_no"], None)
        if order is None:
            return PlainTextResponse("There is no such order.\n", 404)
        return PlainTextResponse(f"Sandbox: order {order.trade_no}, to be paid by a control call.\n")

    app = Starlette(
        routes=[
            Mount("/api", app=Api(Desk(gateway, load()))),
            Mount("/_sandbox", app=ControlCalls(control, control_token)),
            Route("/checkout/{trade_no}", checkout),
        ]
    )
    app.router.redirect_slashes = False
    return app
