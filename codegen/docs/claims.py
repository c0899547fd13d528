"""Facts as claims: so that two of them can be held against each other, whatever page and language they are from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import attrs

from codegen.docs.facts.fact import Fact

Pairs = Iterator[tuple[str, str]]


@attrs.frozen
class Claim:
    """What a fact says of one thing: the thing, the value, and the fact."""

    key: str
    value: str
    fact: Fact


def claims(fact: Fact) -> Iterator[Claim]:
    """Yield what a fact claims beyond its words: what is or looks like code."""
    reader = _BY_KIND.get(fact.kind)
    if reader is not None:
        yield from (Claim(key, value, fact) for key, value in reader(fact))


def _row(key: str, required_key: str, fact: Fact) -> Pairs:
    if "type" in fact.says:
        yield f"{key}.type", str(fact.says["type"])
    if "required" in fact.says:
        yield f"{required_key}.required", str(fact.says["required"]).lower()


def _field(fact: Fact) -> Pairs:
    key = f"{fact.subject}.{fact.name}"
    if key != "envelope.data":  # what is answered is an object here and a list there
        yield from _row(key, key, fact)


def _header(fact: Fact) -> Pairs:
    """Its type is the same on every side; whether it must be there is not."""
    yield from _row(f"header.{fact.name}", f"{fact.subject}.{fact.name}", fact)


def _path(fact: Fact) -> Pairs:
    if fact.known and fact.says.get("method"):
        yield f"{fact.subject}.method", str(fact.says["method"])


def _signature(fact: Fact) -> Pairs:
    if "content" in fact.says:
        yield "signature.content", "+".join(fact.says["content"])
    for name in ("algorithm", "key"):
        if name in fact.says:
            yield f"signature.{name}", str(fact.says[name])


_BY_KIND: Mapping[str, Callable[[Fact], Pairs]] = {
    "field": _field,
    "header": _header,
    "path": _path,
    "signature": _signature,
    "window": lambda fact: iter([("window", str(fact.says["seconds"]))]),
    "schedule": lambda fact: iter([("schedule", str(list(fact.says["seconds"])))]),
    "acknowledgement": lambda fact: iter([("acknowledgement", str(fact.says["body"]))]),
}
