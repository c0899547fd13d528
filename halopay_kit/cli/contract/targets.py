"""What a run is about: the sandbox that it starts, or what answers at an address."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from halopay_kit.cli import environment, output

if TYPE_CHECKING:
    from halopay_kit.contract.exchange import Delivery
    from halopay_kit.contract.plan import Plan
    from halopay_kit.contract.target import Target

_HYPOTHESIS = "HYPOTHESIS_STORAGE_DIRECTORY"
_HOUSEKEEPING = {"--report", "--overlay", "--baseline"}


class Own(NamedTuple):
    """A sandbox that this command started: its target, the other one that made-up calls go to, its AppKey's text."""

    target: Target
    second: Target
    secret: Callable[[], str]


@contextmanager
def own_sandbox(seed: int, drift: Sequence[str]) -> Iterator[Own]:
    """Start a sandbox, and in a process of its own another like it that made-up calls go to."""
    from halopay_kit.contract.target import Target
    from halopay_kit.contract.twin import START, twin
    from halopay_kit.sandbox import Sandbox

    with Sandbox(seed=seed, start=START, drift=drift) as box, twin(box, seed, drift) as second:
        yield Own(Target.sandbox(box), second, lambda: box.environ()["HALOPAY_APP_KEY"])


def at(url: str, *, live: bool) -> Target:
    """Return the target at an address, for the app in the environment; live unless a sandbox on this machine answers.

    Nothing is sent to an address that is not this machine's.
    """
    from halopay_kit.contract.player import is_sandbox
    from halopay_kit.contract.target import Target

    with environment.client(base_url=url) as halopay:
        app_id, base_url = halopay.app_id, halopay.base_url
    key, token = environment.app_key(), os.environ.get("HALOPAY_SANDBOX_TOKEN")
    target = Target.at(base_url, app_id, key, live=live, control_token=token)
    if target.live or is_sandbox(base_url):
        return target
    output.note(f"No sandbox answers an unsigned GET at {base_url}; whatever does counts as live.")
    return Target.at(base_url, app_id, key, live=True)


def plan(given: Mapping[str, Any], taken: Sequence[Delivery]) -> Plan:
    """Return the plan that the options mean; an order or payout that is not given is one that the inbox knows of."""
    from halopay_kit.contract.from_inbox import latest_number
    from halopay_kit.contract.plan import Create, Plan

    if not given["create"] and (given["max_amount"] or given["fiat"]):
        raise click.UsageError("--max-amount and --fiat go with --create")
    if given["create"] and not (given["max_amount"] and given["fiat"]):
        raise click.UsageError("--create needs --max-amount and --fiat")
    return Plan(
        rate=given["rate"],
        trade_no=given["trade_no"] or (None if given["out_trade_no"] else latest_number(taken, "webhook.payment")),
        out_trade_no=given["out_trade_no"],
        payout_trade_no=given["payout_trade_no"]
        or (None if given["payout_out_trade_no"] else latest_number(taken, "webhook.payout")),
        payout_out_trade_no=given["payout_out_trade_no"],
        currency_ids=tuple(dict.fromkeys(given["currency_ids"])),
        create=Create.of(given["max_amount"], given["fiat"]) if given["create"] else None,
    )


@contextmanager
def scratch(needed: bool) -> Iterator[None]:
    """Let hypothesis, under schemathesis, keep what it keeps elsewhere than in the folder where somebody works."""
    if not needed or os.environ.get(_HYPOTHESIS):
        yield
        return
    with TemporaryDirectory(prefix="halopay-contract-") as folder:
        os.environ[_HYPOTHESIS] = folder
        try:
            yield
        finally:
            del os.environ[_HYPOTHESIS]


def deliveries(given: Mapping[str, Any]) -> tuple[Delivery, ...]:
    """Return what the inbox of --inbox took in for the app during the last --days."""
    if given["inbox"] is None:
        return ()
    from halopay_kit.contract.from_inbox import taken_in

    since = time.time() - given["days"] * 86400
    return taken_in(given["inbox"], since=since, app_id=os.environ.get("HALOPAY_APP_ID"))


def rerun(arguments: Sequence[str]) -> str:
    """Return the command that makes this run again, without what only says where reports go, and without a password."""
    kept = []
    left = iter(arguments)
    for argument in left:
        name, equals, value = argument.partition("=")
        if name in _HOUSEKEEPING:
            _ = equals or next(left, None)
        elif name == "--inbox":
            kept += [name, _without_password(value if equals else next(left, ""))]
        elif argument not in {"--json", "--yes"}:
            kept.append(argument)
    return shlex.join(["halopay", *kept])


def _without_password(url: str) -> str:
    from halopay_kit.inbox.address import Address

    return str(Address(url))
