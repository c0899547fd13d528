"""The checkout page over HTTP: look at an order, choose its token, pay it or let it expire."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, Router

from halopay_kit.sandbox.business import money, orders, payments
from halopay_kit.sandbox.business.book import Order
from halopay_kit.sandbox.checkout.guard import HEADERS, Guard
from halopay_kit.sandbox.checkout.merchant import merchant
from halopay_kit.sandbox.checkout.rendering import STATIC, qr_code, render, static
from halopay_kit.sandbox.checkout.view import more, offers, view
from halopay_kit.sandbox.control import Control
from halopay_kit.sandbox.gateway import Gateway
from halopay_kit.sandbox.wire import asgi
from halopay_kit.sandbox.wire.refusal import ControlError, Refused

Form = Mapping[str, str]


class Checkout:
    """An ASGI application for the paths below /checkout."""

    def __init__(self, gateway: Gateway, control: Control) -> None:
        self._gateway = gateway
        self._control = control
        self._guard = Guard()
        self._acts: Mapping[str, Callable[[str, Form], None]] = {
            "choose": self._choose,
            "pay": self._pay,
            "expire": self._expire,
        }
        self._router = Router(
            [
                Route("/static/{name}", self._static),
                Route("/{trade_no}", self._page),
                Route("/{trade_no}/state", self._state),
                Route("/{trade_no}/{act}", self._act, methods=["GET", "POST"]),
            ],
            redirect_slashes=False,
            default=self._nowhere,
        )

    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        """Answer one request."""
        try:
            self._guard.admit(Request(scope).headers)
        except ControlError as error:
            await asgi.plain(send, error.status, str(error))
        else:
            with contextlib.suppress(asgi.Gone):
                await self._router(scope, receive, send)

    async def _nowhere(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        response = await run_in_threadpool(_problem, "There is no such page", "Please check the address.", 404)
        await response(scope, receive, send)

    def _static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC:
            return _problem("There is no such page", "Please check the address.", 404)
        return Response(static(name), headers={**HEADERS, "Content-Type": STATIC[name]})

    def _page(self, request: Request) -> Response:
        return self._shown(request.path_params["trade_no"])

    def _state(self, request: Request) -> Response:
        with self._gateway.lock:
            order = self._gateway.book.orders.find(request.path_params["trade_no"], None)
            told = {} if order is None else view(self._gateway, order).told()
        body = json.dumps(told, separators=(",", ":"))
        headers = {**HEADERS, "Content-Type": "application/json"}
        return Response(body, 404 if order is None else 200, headers)

    async def _act(self, request: Request) -> Response:
        body = await asgi.read(request.receive) if request.method == "POST" else None
        return await run_in_threadpool(self._acted, request, body)

    def _acted(self, request: Request, body: bytes | None) -> Response:
        trade_no, act = request.path_params["trade_no"], self._acts.get(request.path_params["act"])
        with self._gateway.lock:
            known = self._gateway.book.orders.find(trade_no, None) is not None
        if act is None or not known:
            return _no_order()
        if request.method != "POST":  # somebody reloads the answer to a form that was refused
            return RedirectResponse(f"/checkout/{trade_no}", 303, HEADERS)
        form = _form(body)
        try:
            self._guard.admit_post(request.headers, trade_no, form.get("token", ""))
            act(trade_no, form)
        except ControlError as error:
            return self._shown(trade_no, error, form)
        return RedirectResponse(f"/checkout/{trade_no}", 303, HEADERS)

    def _choose(self, trade_no: str, form: Form) -> None:
        chosen = form.get("currency_id", "")
        with self._gateway.lock:
            order = self._order(trade_no)
            if self._gateway.clock.now() >= order.time_expire:
                raise ControlError("The time is over: no token can be chosen any more.")
            try:
                token = self._gateway.token(
                    int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else None
                )
            except Refused:
                raise ControlError("This token is not on offer.", status=422) from None
            self._gateway.record.add("control", name="choose", trade_no=trade_no, currency_id=token.currency_id)
            orders.choose(self._gateway, order, token)

    def _pay(self, trade_no: str, form: Form) -> None:
        self._control.pay(trade_no=trade_no, amount=self._amount(trade_no, form))

    def _expire(self, trade_no: str, _form: Form) -> None:
        self._control.expire(trade_no=trade_no)

    def _amount(self, trade_no: str, form: Form) -> str | None:
        with self._gateway.lock:
            order = self._order(trade_no)
            if order.currency_id is None:
                raise ControlError("Choose a token first.")
            token = self._gateway.world.tokens[order.currency_id]
            if form.get("how") == "over":
                return money.plain(more(self._gateway, order, token))
            rest = payments.due(self._gateway, order)
        if form.get("how") == "full":
            if not rest:
                raise ControlError("The order is paid in full.")
            return None if rest == orders.rest(order) else money.plain(rest)
        amount = form.get("amount", "").strip()
        if not money.is_plain(amount):
            raise ControlError("Write the amount in digits, with a point if need be: 2.5", status=422)
        return amount

    def _order(self, trade_no: str) -> Order:
        order = self._gateway.book.orders.find(trade_no, None)
        if order is None:
            raise ControlError("There is no such order.", status=404)
        return order

    def _shown(self, trade_no: str, error: ControlError | None = None, form: Form | None = None) -> Response:
        with self._gateway.lock:
            order = self._gateway.book.orders.find(trade_no, None)
            if order is None:
                return _no_order()
            look, words, choice = view(self._gateway, order), merchant(order), offers(self._gateway, order)
            address = order.pay_address
        body = render(
            "order.html",
            trade_no=trade_no,
            token=self._guard.token(trade_no),
            view=look,
            merchant=words,
            offers=choice,
            address=address,
            qr_code=None if address is None else qr_code(address),
            error=None if error is None else str(error),
            amount=(form or {}).get("amount") or look.part,
        )
        return _html(body, 200 if error is None else error.status)


def _no_order() -> Response:
    return _problem("There is no such order", "Please check the address, or ask the merchant for a new one.", 404)


def _problem(title: str, message: str, status: int) -> Response:
    return _html(render("problem.html", title=title, message=message), status)


def _html(body: bytes, status: int) -> Response:
    return Response(body, status, {**HEADERS, "Content-Type": "text/html; charset=utf-8"})


def _form(body: bytes | None) -> Form:
    try:
        fields = parse_qs((body or b"").decode("ascii"), errors="strict", max_num_fields=8)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items() if len(values) == 1}
