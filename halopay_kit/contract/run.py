"""Run contract tests: look, judge, and put it all together."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from halopay_kit.contract.exchange import Delivery, Observed
from halopay_kit.contract.ledger import verdicts
from halopay_kit.contract.live import observe_live
from halopay_kit.contract.observe import Scope, observe
from halopay_kit.contract.plan import Plan
from halopay_kit.contract.reproduce import commands
from halopay_kit.contract.result import Result
from halopay_kit.contract.summary import checks
from halopay_kit.contract.target import Target
from halopay_kit.signing import AppKey

if TYPE_CHECKING:
    from halopay_kit.contract.finding import Finding

Sift = Callable[[Sequence["Finding"]], tuple[Sequence["Finding"], Sequence["Finding"]]]
"""What a baseline does: split findings into news and what is accepted."""


def run(
    target: Target,
    scope: Scope | None = None,
    *,
    deliveries: Iterable[Delivery] = (),
    sift: Sift | None = None,
    rerun: str = "",
    progress: Callable[[int], None] = lambda _: None,
) -> Result:
    """Test a sandbox, this process's or another one on this machine; `deliveries` are webhooks that an inbox took in.

    Raises:
        ConfigurationError: the target is live, or something is missing.
    """
    scope = scope or Scope()
    again = rerun or f"halopay contract --seed {scope.seed}"
    with _seldom_collecting():
        observed = observe(target, scope, deliveries=deliveries, progress=progress)
        return result(observed, (target.app_key,), sift=sift, rerun=again, seed=scope.seed)


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Look for garbage less often: calls are made up of many small objects, and nearly all of them stay."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def run_live(
    target: Target,
    plan: Plan,
    *,
    deliveries: Iterable[Delivery] = (),
    sift: Sift | None = None,
    rerun: str = "",
    progress: Callable[[int], None] = lambda _: None,
) -> Result:
    """Carry a plan out against a live target; whoever calls this has said yes to it.

    Raises:
        ConfigurationError: the target cannot be called at all.
    """
    observed = observe_live(target, plan, deliveries=deliveries, progress=progress)
    return result(observed, (target.app_key,), sift=sift, rerun=rerun or f"halopay contract --url {target.base_url}")


def result(
    observed: Observed,
    keys: Sequence[AppKey] = (),
    *,
    sift: Sift | None = None,
    rerun: str = "",
    seed: int | None = None,
) -> Result:
    """Judge what was seen, by a run or in traffic; without a key no signature is judged."""
    from halopay_kit.contract.judge import look

    judgement = look(observed, app_key=keys)
    findings: Sequence[Finding] = judgement.findings
    news, accepted = (findings, ()) if sift is None else sift(findings)
    return Result(
        observed=observed,
        findings=tuple(news),
        accepted=tuple(accepted),
        checks=checks(observed, news, judgement.found_at),
        verdicts=verdicts(observed, keys),
        met=judgement.met,
        reproduce=commands(observed, news, rerun) if rerun else {},
        seed=seed,
    )
