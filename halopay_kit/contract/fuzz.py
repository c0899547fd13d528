"""Made-up calls: schemathesis reads the spec and makes up bodies right and wrong; the final bytes are signed.

Schemathesis only makes up and sends. Its own checks are off, for they judge by HTTP status, and HaloPay says every
refusal with HTTP 200; what it sends is written down, and judged with all the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from halopay_kit.contract.caller import TOO_OFTEN
from halopay_kit.contract.envelope import code
from halopay_kit.contract.exchange import Exchange, Expectation, Headers
from halopay_kit.contract.log import Log
from halopay_kit.contract.making_up import ROUNDS, document_of, narrowed, settings
from halopay_kit.contract.pace import Pace
from halopay_kit.contract.target import Target
from halopay_kit.errors import ConfigurationError, HaloPayError

if TYPE_CHECKING:
    import requests

    from halopay_kit.contract.observe import Scope

MADE_UP = Expectation(outcome="either", codes=frozenset({10002, 10003, 10004, 20003}), why="made-up data")
NOT_RIGHT = Expectation(outcome="refusal", codes=frozenset({10003}), why="made-up data that the spec does not allow")


def fuzz(target: Target, log: Log, scope: Scope, pace: Pace, progress: Callable[[int], None]) -> None:
    """Send at least as many made-up calls as the scope says.

    Raises:
        ConfigurationError: schemathesis is not installed, or the target is live.
        HaloPayError: schemathesis could not go on.
        KeyboardInterrupt: somebody stopped it.
    """
    if target.live:
        raise ConfigurationError("no made-up calls are sent to a live target")
    try:
        import schemathesis
    except ImportError as error:
        raise ConfigurationError(
            "made-up calls need schemathesis", advice="pip install 'halopay-kit[contract]'"
        ) from error
    document = document_of(scope)
    if not document["paths"]:
        return
    sender = _Sender(target, log, pace, progress, document)
    for number in range(ROUNDS):
        missing = scope.cases - sender.count
        if missing <= 0:
            return
        config = schemathesis.Config.from_dict(settings(scope, missing, number, len(document["paths"])))
        schema = schemathesis.openapi.from_dict(narrowed(document), config=config)
        schema.config.update(base_url=target.base_url)
        schema.auth.set_from_requests(sender.signing())
        sender.listen(schema)
        before = sender.count
        with _straight(target.base_url):
            _drain(schema)
        if sender.count == before:
            raise HaloPayError("schemathesis makes up no more calls")


@contextmanager
def _straight(base_url: str) -> Iterator[None]:
    """Let calls to a base URL go there, whatever proxies the environment names."""
    import schemathesis

    def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:  # noqa: ARG001  # named as schemathesis wants it
        if case.operation.schema.config.base_url == base_url:
            kwargs["proxies"] = {"no_proxy": "*"}

    schemathesis.hook(before_call)  # there is no such hook of one schema only
    try:
        yield
    finally:
        schemathesis.hooks.unregister(before_call)


def _drain(schema: Any) -> None:
    from schemathesis.engine import events
    from schemathesis.engine.core import Engine
    from schemathesis.engine.run import Phase, PhaseName

    class Unprobed(Engine):
        """Leaves out what schemathesis wants to know of a server first: unsigned calls, some of them no HTTP."""

        def get_phase_config(self, phase_name: PhaseName, *, is_supported: bool, requires_transitions: bool) -> Phase:
            is_supported = is_supported and phase_name is not PhaseName.PROBING
            return super().get_phase_config(
                phase_name, is_supported=is_supported, requires_transitions=requires_transitions
            )

    for event in Unprobed(schema).execute():
        if isinstance(event, events.Interrupted):
            raise KeyboardInterrupt
        if isinstance(event, events.NonFatalError):
            raise HaloPayError(f"schemathesis could not go on: {event.info.title} ({event.label})") from event.value


class _Sender:
    """Signs what schemathesis sends, and writes down what comes back."""

    def __init__(
        self, target: Target, log: Log, pace: Pace, progress: Callable[[int], None], document: Mapping[str, Any]
    ) -> None:
        import jsonschema_rs

        self.count = 0
        self._numbers = 0
        self._target = target
        self._log = log
        self._pace = pace
        self._progress = progress
        self._names = {path: item["post"]["operationId"] for path, item in document["paths"].items()}
        self._right = {
            path: jsonschema_rs.Draft202012Validator(
                {
                    **item["post"]["requestBody"]["content"]["application/json"]["schema"],
                    "components": document["components"],
                }
            )
            for path, item in document["paths"].items()
        }

    def signing(self) -> requests.auth.AuthBase:
        """Return what requests calls with the final bytes."""
        import requests

        sender = self

        class Signing(requests.auth.AuthBase):
            def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
                return sender.sign(request)

        return Signing()

    def sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the three headers on a request."""
        self._pace.wait()
        target, body = self._target, _bytes(request.body)
        timestamp = f"{int(target.clock()):010d}"
        request.headers["X-Appid"] = target.app_id
        request.headers["X-Timestamp"] = timestamp
        request.headers["X-Sign"] = target.app_key.digest(body + timestamp.encode()).hex()
        return request

    def listen(self, schema: Any) -> None:
        """Write down every call of a schema, answered or not."""

        def after_call(context: Any, case: Any, response: Any) -> None:  # noqa: ARG001  # likewise
            headers = tuple((name, value) for name, values in response.headers.items() for value in values)
            exchange = self._add(response.request, response.status_code, headers, response.content, None)
            if code(exchange) == TOO_OFTEN or response.status_code == 429:
                self._pace.slow_down()

        def after_network_error(context: Any, case: Any, request: Any) -> None:  # noqa: ARG001  # likewise
            self._add(request, None, (), None, "no answer came")

        def map_body(context: Any, body: Any) -> Any:  # noqa: ARG001  # likewise
            return self._renumbered(body)

        schema.hooks.hook(map_body)
        schema.hooks.hook(after_call)
        schema.hooks.hook(after_network_error)

    def _renumbered(self, body: Any) -> Any:
        """Return a body whose merchant's number is new, or most made-up orders would have one that is taken."""
        number = body.get("out_trade_no") if isinstance(body, dict) else None
        if not isinstance(number, str) or not number:
            return body
        self._numbers += 1
        return {**body, "out_trade_no": f"{number}-{self._numbers}"}

    def _add(
        self, request: Any, status: int | None, headers: Headers, body: bytes | None, error: str | None
    ) -> Exchange:
        path = request.path_url.partition("?")[0]
        now = self._target.clock()
        self.count += 1
        exchange = self._log.add_exchange(
            Exchange(
                number=0,
                operation=self._names.get(path),
                method=request.method,
                url=request.url,
                at=now,
                request_headers=tuple(request.headers.items()),
                request_body=_bytes(request.body),
                status=status,
                answer_headers=headers,
                answer_body=body,
                answered_at=now,
                error=error,
                expects=self._expectation(path, request),
            )
        )
        self._progress(1)
        return exchange

    def _expectation(self, path: str, request: Any) -> Expectation:
        media_type, _, _ = request.headers.get("content-type", "").partition(";")
        right = media_type.strip().lower() == "application/json" and path in self._right
        return MADE_UP if right and self._is_right(path, _bytes(request.body)) else NOT_RIGHT

    def _is_right(self, path: str, body: bytes) -> bool:
        try:
            return bool(self._right[path].is_valid(json.loads(body)))
        except ValueError:
            return False


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""
