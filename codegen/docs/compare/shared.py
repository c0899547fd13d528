"""What all calls and webhooks share: how they are signed, how long that is valid, how webhooks are repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from codegen.docs.compare.view import View
from codegen.docs.drift import Drift, drift
from codegen.docs.facts.fact import Fact


def compare(view: View, fact: Fact) -> Iterator[Drift]:
    """Compare one fact."""
    return _BY_KIND[fact.kind](view, fact)


def _schedule(view: View, fact: Fact) -> Iterator[Drift]:
    was, now = list(view.spec.delivery.get("retry-after-seconds", ())), list(fact.says["seconds"])
    if was != now and not view.settled("schedule", str(now), fact):
        yield drift("schedule-changed", fact, "/x-webhook-delivery/retry-after-seconds", was=was, now=now)


def _window(view: View, fact: Fact) -> Iterator[Drift]:
    was, now = view.spec.signature.get("tolerance-seconds"), fact.says["seconds"]
    if was != now and not view.settled("window", str(now), fact):
        yield drift("window-changed", fact, "/x-signature/tolerance-seconds", was=was, now=now)


def _acknowledgement(view: View, fact: Fact) -> Iterator[Drift]:
    was, now = view.spec.delivery.get("acknowledgement", {}).get("body"), fact.says["body"]
    if was != now and not view.settled("acknowledgement", now, fact):
        yield drift("acknowledgement-changed", fact, "/x-webhook-delivery/acknowledgement/body", was=was, now=now)


def _signature(view: View, fact: Fact) -> Iterator[Drift]:
    was: Mapping[str, object] = view.spec.signature
    now = fact.says
    content = list(now.get("content", ()))
    if content and content != was.get("content") and not view.settled("signature.content", "+".join(content), fact):
        yield drift("signature-changed", fact, "/x-signature/content", was=was.get("content"), now=content)
    for name in ("algorithm", "key"):
        told, known = str(now.get(name, "")), str(was.get(name, ""))
        if told and told.casefold() != known.casefold() and not view.settled(f"signature.{name}", told, fact):
            yield drift("signature-changed", fact, f"/x-signature/{name}", was=known, now=told)


_BY_KIND: Mapping[str, Callable[[View, Fact], Iterator[Drift]]] = {
    "schedule": _schedule,
    "window": _window,
    "acknowledgement": _acknowledgement,
    "signature": _signature,
}
KINDS = frozenset(_BY_KIND)
