"""Facts against facts: what two pages, or prose and samples, or a table and its example say differently."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs

from codegen.docs.claims import Claim, claims
from codegen.docs.compare.headers import listed
from codegen.docs.compare.lists import FIATS
from codegen.docs.expected import Spec
from codegen.docs.facts.fact import Fact
from codegen.docs.ledger import Ledger

_FULL_LIST = 5
_WORD = re.compile(r"(?<![\w-])[A-Z][A-Za-z]+(?:-[A-Za-z]+)*")


@attrs.frozen(kw_only=True)
class Contradiction:
    """Two things that cannot both be so.

    Attributes:
        key: what it is about, as `about` of the ledger names it.
        kind: of drift, as which it is told while it is new.
        says: it, in a sentence.
        claims: who says what; the first is the one to look at.
        known: the id of its entry in the ledger, empty while it is new.
    """

    key: str
    kind: str
    subject: str
    says: str
    claims: tuple[Claim, ...]
    known: str = ""

    @property
    def values(self) -> tuple[str, ...]:
        """What is claimed, each once."""
        return tuple(dict.fromkeys(claim.value for claim in self.claims))


def find(facts: Sequence[Fact], spec: Spec, ledger: Ledger) -> tuple[Contradiction, ...]:
    """Find the contradictions among the facts of one language."""
    found = [each for rule in _RULES for each in rule(facts, spec)]
    return tuple(attrs.evolve(each, known=ledger.knows(each.key, each.values)) for each in found)


def _twice(facts: Sequence[Fact], spec: Spec) -> Iterator[Contradiction]:
    """Hold what is said of one thing in several places against each other."""
    by_key: dict[str, list[Claim]] = {}
    for fact in facts:
        for claim in claims(fact):
            by_key.setdefault(claim.key, []).append(claim)
    for key, found in by_key.items():
        said = _by_spec(found[0], spec)
        values = {claim.value for claim in found}
        if len(values) > 1 and (not said or said in values):  # else what the spec says is said by nobody: that is drift
            told = _once(found)
            says = f"{_thing(key, told[0].fact)}: {', '.join(f'{_where(one.fact)} says {one.value}' for one in told)}"
            yield _contradiction(key, "contradiction", says, _strangest_first(told, found, spec))


def _window_and_schedule(facts: Sequence[Fact], _: Spec) -> Iterator[Contradiction]:
    window = next((fact for fact in facts if fact.kind == "window"), None)
    schedule = next((fact for fact in facts if fact.kind == "schedule"), None)
    if window is None or schedule is None or sum(schedule.says["seconds"]) <= window.says["seconds"]:
        return
    valid, repeated = window.says["seconds"], sum(schedule.says["seconds"])
    says = f"a timestamp is valid for {valid} s, and a webhook is sent again for {repeated} s"
    pair = Claim("window", f"{valid} s", window), Claim("schedule", f"{repeated} s", schedule)
    yield _contradiction("window.schedule", "contradiction", says, pair)


def _case_of_headers(facts: Sequence[Fact], _: Spec) -> Iterator[Contradiction]:
    """Hold a header that repeats a status against the statuses: they are written alike, or differently."""
    statuses = {value.casefold(): (value, fact) for value, fact in _statuses_of("webhook.payment", facts)}
    for fact in facts:
        if fact.kind != "header":
            continue
        told = " ".join(str(fact.says.get(part, "")) for part in ("value", "example", "values", "description"))
        for word in _WORD.findall(told):
            value, other = statuses.get(word.casefold(), (word, fact))
            if value != word:
                says = f"{_where(fact)} has {word} in {fact.name}, {_where(other)} has {value} in the body"
                pair = Claim(fact.name, word, fact), Claim("status", value, other)
                yield _contradiction(f"case.{fact.name}", "contradiction", says, pair)
                break


def _protection(facts: Sequence[Fact], spec: Spec) -> Iterator[Contradiction]:
    """A webhook is said to be encrypted, while all else says that it is signed."""
    pages = {spec.sources[name].partition("#")[0] for name in spec.sources if name.startswith("webhook.")}
    told = [fact for fact in facts if fact.kind == "signature" and "protection" in fact.says]
    encrypted = next((fact for fact in told if fact.name == "encrypted" and fact.page in pages), None)
    signed = next((fact for fact in facts if fact.kind == "signature" and fact.name != "encrypted"), None)
    if encrypted is not None and signed is not None:
        says = f"{_where(encrypted)} says that a webhook is encrypted, {_where(signed)} that it is signed"
        pair = Claim("protection", "encrypted", encrypted), Claim("protection", "signed", signed)
        yield _contradiction("protection", "contradiction", says, pair)


def _headers_listed(facts: Sequence[Fact], spec: Spec) -> Iterator[Contradiction]:
    """A header stands in one page's table and not in another's of the same side."""
    for side, known in spec.headers.items():
        tables: dict[str, list[Fact]] = {}
        for fact in facts:
            if fact.kind == "header" and fact.subject == f"headers/{side}":
                tables.setdefault(fact.page, []).append(fact)
        for name, header in known.items():
            has = {page: fact for page, rows in tables.items() for fact in rows if fact.name.casefold() == name}
            lacks = [rows[0] for page, rows in tables.items() if page not in has]
            if has and lacks:
                there = next(iter(has.values()))
                says = f"{', '.join(map(_where, lacks))} does not list {header.name}, {_where(there)} does"
                absent = [Claim("", "", attrs.evolve(fact, name=header.name, cell="", says={})) for fact in lacks]
                yield _contradiction(listed(header.name), "contradiction", says, (*absent, Claim("", "listed", there)))


def _fiats(facts: Sequence[Fact], spec: Spec) -> Iterator[Contradiction]:
    lists = {place: rows for place, rows in _fiat_lists(facts, spec) if len(rows) >= _FULL_LIST}
    known = {each.value for each in spec.schema(FIATS)}
    everything = {name for rows in lists.values() for name in rows} & known
    for rows in lists.values():
        missing = sorted(everything - rows.keys())
        if missing:
            here = attrs.evolve(next(iter(rows.values())), name=", ".join(missing), cell="")
            there = next(other[missing[0]] for other in lists.values() if missing[0] in other)
            says = f"{_where(here)} does not list {', '.join(missing)}, {_where(there)} does"
            pair = Claim("fiats", f"without {', '.join(missing)}", here), Claim("fiats", "with", there)
            yield _contradiction("fiats.listed", "contradiction", says, pair)
    longest: dict[str, Fact] = max(lists.values(), key=len, default={})
    for fact in facts:
        if fact.kind == "fiat" and fact.name == "count" and longest and fact.says["count"] != len(longest):
            there = next(iter(longest.values()))
            says = f"{_where(fact)} counts {fact.says['count']} fiats, {_where(there)} names {len(longest)}"
            pair = Claim("fiats", str(fact.says["count"]), fact), Claim("fiats", str(len(longest)), there)
            yield _contradiction("fiats.count", "contradiction", says, pair)


def _fiat_lists(facts: Sequence[Fact], spec: Spec) -> Iterator[tuple[str, dict[str, Fact]]]:
    pages: dict[str, dict[str, Fact]] = {}
    for fact in facts:
        if fact.kind == "fiat" and fact.name != "count" and not fact.says.get("more"):
            pages.setdefault(f"{fact.page} {fact.source}", {})[fact.name] = fact
        field = spec.field(fact) if fact.kind == "field" else None
        if field is not None and field.listed_at.endswith(f"/{FIATS}") and not fact.says.get("more"):
            pages.setdefault(f"{fact.source} {fact.name}", {}).update(dict.fromkeys(fact.says.get("values", ()), fact))
    yield from pages.items()


def _statuses(facts: Sequence[Fact], spec: Spec) -> Iterator[Contradiction]:
    """A status stands in the list of all and is none of a payment's, or the reverse."""
    general = [fact for fact in facts if fact.kind == "status" and fact.subject == "status"]
    payment = dict(_statuses_of("webhook.payment", facts))
    known = {each.value for name in ("PaymentStatus", "PayoutStatus") for each in spec.schema(name)}
    if not general or not payment:
        return
    there = next(iter(payment.values()))
    for fact in general:
        if fact.name in known and fact.name not in payment:
            says = f"{_where(fact)} lists the status {fact.name}, {_where(there)} does not"
            pair = Claim("status", "listed", fact), Claim("status", "", attrs.evolve(there, cell=there.cell))
            yield _contradiction(f"status.{fact.name}", "contradiction", says, pair)


def _statuses_of(subject: str, facts: Iterable[Fact]) -> Iterator[tuple[str, Fact]]:
    for fact in facts:
        if fact.subject == subject and fact.kind == "field" and fact.name == "status":
            yield from ((value, fact) for value in fact.says.get("values", ()))
        elif fact.subject == subject and fact.kind == "status":
            yield fact.name, fact


def _examples(facts: Sequence[Fact], _: Spec) -> Iterator[Contradiction]:
    """Hold each example against the table of the same body on the same page."""
    for example in facts:
        if example.kind != "example":
            continue
        remark = next((fault for fault in example.says.get("faults", ()) if fault.startswith("a remark")), None)
        if remark is not None:
            says = f"{_where(example)} shows an example that is no JSON: {remark}"
            yield _contradiction(
                f"{example.subject}.example", "example-disagrees", says, (Claim("json", remark, example),)
            )
        table = {
            fact.name: fact
            for fact in facts
            if fact.kind == "field" and (fact.page, fact.subject) == (example.page, example.subject)
        }
        if table:
            yield from _against_table(example, table)


def _against_table(example: Fact, table: dict[str, Fact]) -> Iterator[Contradiction]:
    shown, values = example.says["fields"], example.says.get("values", {})
    for name, kind in shown.items():
        row = table.get(name)
        if row is None:
            if not _is_inside(name, table) and not _is_inside(name, dict.fromkeys(shown.keys() - table.keys())):
                yield _example(example, name, "not in its table", f"{name}, which is not in its table", example)
            continue
        told = str(row.says.get("type", ""))
        if kind and told and not _fits(kind, told):
            yield _example(example, name, told, f"{name} as {kind}, and its table says {told}", row, kind)
        among = row.says.get("values", ())
        if among and not row.says.get("more") and name in values and str(values[name]) not in among:
            says = f"{values[name]} as {name}, which is not among {', '.join(among)}"
            yield _example(example, name, ", ".join(among), says, row, str(values[name]))
    if any("left out" in fault for fault in example.says.get("faults", ())):
        return
    for name, row in table.items():
        if row.says.get("required") and name not in shown and "." not in name:
            yield _example(example, name, "required", f"no {name}, which is required", row, "left out")


def _example(example: Fact, name: str, said: str, says: str, row: Fact, shown: str = "shown") -> Contradiction:
    here = attrs.evolve(example, name=name)
    pair = Claim(name, shown, here), Claim(name, said, row)
    key = f"{example.subject}.{name}.example"
    return _contradiction(key, "example-disagrees", f"its example shows {says}", pair)


def _is_inside(name: str, table: dict[str, Fact] | dict[str, None]) -> bool:
    """Say whether a field belongs to another one, whose inside the table does not show."""
    parts = name.split(".")
    return any(".".join(parts[:end]) in table for end in range(1, len(parts)))


def _fits(kind: str, told: str) -> bool:
    among = told.split(" or ")
    return kind in among or kind == "null" or (kind == "integer" and "number" in among)


def _contradiction(key: str, kind: str, says: str, found: Iterable[Claim]) -> Contradiction:
    told = tuple(found)
    return Contradiction(key=key, kind=kind, subject=told[0].fact.subject, says=says, claims=told)


def _once(found: Sequence[Claim]) -> list[Claim]:
    """Keep the first that claims each value."""
    first: dict[str, Claim] = {}
    for claim in found:
        first.setdefault(claim.value, claim)
    return list(first.values())


def _strangest_first(told: Sequence[Claim], found: Sequence[Claim], spec: Spec) -> list[Claim]:
    """Put what the spec does not say first; then what fewest say."""
    said = _by_spec(told[0], spec)
    return sorted(told, key=lambda claim: (claim.value == said, sum(claim.value == one.value for one in found)))


def _by_spec(claim: Claim, spec: Spec) -> str:
    fact, aspect = claim.fact, claim.key.rpartition(".")[2]
    field = spec.field(fact)
    if field is not None:
        return {"type": field.type, "required": str(field.required).lower()}.get(aspect, "")
    known = {
        "window": spec.signature.get("tolerance-seconds"),
        "schedule": spec.delivery.get("retry-after-seconds"),
        "acknowledgement": spec.delivery.get("acknowledgement", {}).get("body"),
        "signature.content": "+".join(spec.signature.get("content", ())),
    }
    return str(known.get(claim.key, "POST"))


def _thing(key: str, fact: Fact) -> str:
    """Name what a key is about: the type of X-Timestamp."""
    aspect = key.rpartition(".")[2]
    return f"the {aspect} of {fact.name}" if fact.kind in ("field", "header", "path") else f"the {key}"


def _where(fact: Fact) -> str:
    return fact.source.rstrip("#")


_RULES: Sequence[Callable[[Sequence[Fact], Spec], Iterator[Contradiction]]] = (
    _twice,
    _window_and_schedule,
    _case_of_headers,
    _protection,
    _headers_listed,
    _fiats,
    _statuses,
    _examples,
)
