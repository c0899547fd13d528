"""Look at a sandbox: play the journey, send what is wrong, let schemathesis make up the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from typing import Literal, get_args

import attrs

from halopay_api.operations import OPERATIONS
from halopay_kit.contract.caller import Caller
from halopay_kit.contract.exchange import WEBHOOKS, Delivery, Observed
from halopay_kit.contract.journey import NOBODY, Journey
from halopay_kit.contract.log import Log
from halopay_kit.contract.pace import Pace
from halopay_kit.contract.probes import Probes
from halopay_kit.contract.receiver import Receiver
from halopay_kit.contract.target import Target
from halopay_kit.errors import ConfigurationError

Phase = Literal["journey", "headers", "bodies", "fuzz"]
PHASES: tuple[Phase, ...] = get_args(Phase)
CASES = 5000
QUICK = 1000
_ALL_EFFECTS = frozenset({"read", "creates", "moves-money"})


@attrs.frozen(kw_only=True)
class Scope:
    """How much is looked at.

    Attributes:
        phases: the journey causes webhooks, `headers` and `bodies` are wrong calls, `fuzz` is made up by schemathesis.
        cases: how many calls there are in all, at least; as many are made up as the other phases leave.
        seed: the same one makes up the same calls.
        operations: those to send wrong and made-up calls to; all where it is empty.
        webhook_port: where webhooks are awaited; 0 takes a free one.
        fuzz_at: where made-up calls go, if not to the target itself.
    """

    phases: tuple[Phase, ...] = PHASES
    cases: int = CASES
    seed: int = 0
    operations: tuple[str, ...] = ()
    webhook_port: int = 0
    fuzz_at: Target | None = None

    def wants(self, operation: str) -> bool:
        """Say whether wrong and made-up calls go to that operation."""
        return not self.operations or operation in self.operations


def observe(
    target: Target,
    scope: Scope,
    *,
    deliveries: Iterable[Delivery] = (),
    clock: Callable[[], float] = time.time,  # noqa: TID251  # a run's own time is the machine's
    sleep: Callable[[float], None] = time.sleep,
    progress: Callable[[int], None] = lambda _: None,
) -> Observed:
    """Return what was seen until it was over, or until Ctrl-C; `deliveries` are webhooks that an inbox took in.

    Raises:
        ConfigurationError: the target is live, or schemathesis is not installed.
    """
    if target.live:
        raise ConfigurationError("this is for sandboxes, and the target is live", advice="Carry a plan out: run_live.")
    log, started = Log(), clock()
    prefix = f"contract-{scope.seed}" if target.ours else f"contract-{scope.seed}-{int(started * 1000)}"
    caller = Caller(target, log, pace=Pace(sleep=sleep), effects=_ALL_EFFECTS, progress=lambda: progress(1))
    interrupted = False
    try:
        for delivery in deliveries:
            log.add_delivery(delivery)
        _look(target, scope, caller, prefix, progress)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        caller.close()
        if target.player is not None:
            target.player.tell_webhooks(None)
    _note_unreached(log, target, interrupted)
    return log.observed(
        app_id=target.app_id,
        target=target.name,
        started=started,
        ended=clock(),
        live=False,
        interrupted=interrupted,
    )


def _look(target: Target, scope: Scope, caller: Caller, prefix: str, progress: Callable[[int], None]) -> None:
    if "journey" in scope.phases:
        obstacle = None if target.player is None else target.player.obstacle()
        if obstacle is not None:
            caller.log.unreached.update(dict.fromkeys(WEBHOOKS, obstacle))
        with Receiver(caller.log, target.clock, scope.webhook_port, signed_by=target.webhook_clock) as receiver:
            Journey(caller, receiver, None if obstacle else target.player, prefix).run()
    probes = Probes(caller, prefix)
    for operation in OPERATIONS.values():
        if scope.wants(operation.name):
            if "headers" in scope.phases:
                probes.headers(operation)
            if "bodies" in scope.phases:
                probes.bodies(operation)
    if "fuzz" in scope.phases:
        from halopay_kit.contract.fuzz import fuzz

        left = attrs.evolve(scope, cases=scope.cases - len(caller.log.exchanges))
        fuzz(scope.fuzz_at or target, caller.log, left, caller.pace, progress)


def _note_unreached(log: Log, target: Target, interrupted: bool) -> None:
    """Say of every operation and webhook that was not seen why not."""
    why = "the run was interrupted" if interrupted else "none of the calls that were asked for goes there"
    called = {exchange.operation for exchange in log.exchanges}
    for name in OPERATIONS:
        if name not in called:
            log.unreached.setdefault(name, why)
    came = {delivery.webhook for delivery in log.deliveries}
    nobody = NOBODY if target.player is None else "nothing that was done caused one"
    for name in WEBHOOKS:
        if name in came:
            log.unreached.pop(name, None)
        else:
            log.unreached.setdefault(name, "the run was interrupted" if interrupted else nobody)


def names(operations: Collection[str]) -> tuple[str, ...]:
    """Return the names of operations, checked.

    Raises:
        ConfigurationError: there is no such operation.
    """
    for name in operations:
        if name not in OPERATIONS:
            raise ConfigurationError(f"there is no operation {name!r}", advice=f"There are {', '.join(OPERATIONS)}.")
    return tuple(operations)
