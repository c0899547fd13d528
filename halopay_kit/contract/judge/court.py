"""The whole of what was seen, judged in the order in which one thing explains another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import attrs

from halopay_kit.contract.exchange import Delivery, Exchange, Observed, header_of
from halopay_kit.contract.finding import Finding
from halopay_kit.contract.judge import freshness, outcomes, schedule, transitions
from halopay_kit.contract.judge.belonging import Belonging
from halopay_kit.contract.judge.data import Data
from halopay_kit.contract.judge.docket import Docket
from halopay_kit.contract.judge.envelope import MISSING, number_of, open_envelope
from halopay_kit.contract.judge.fields import Fields
from halopay_kit.contract.judge.headers import Headers
from halopay_kit.contract.judge.message import WRONG, Message, by_name
from halopay_kit.contract.judge.rows import SUBJECTS, Row, Story
from halopay_kit.contract.judge.schedule import Tried
from halopay_kit.contract.judge.signature import Signatures
from halopay_kit.contract.judge.spec import Owner, Spec
from halopay_kit.contract.judge.transitions import Told
from halopay_kit.contract.judge.webhooks import judge_event_type, which
from halopay_kit.contract.masked import is_masked
from halopay_kit.contract.parsed import fields_of
from halopay_kit.signing import AppKey

_PLAIN_PATH = re.compile(r"(?:v[0-9]/|[a-z_-]{1,30}/){0,6}[a-z_-]{1,30}")
_UNVERIFIED_CODES = frozenset({10006, 10007, 10008})  # said before a signature is looked at, or because of it


@attrs.frozen(kw_only=True)
class Judgement:
    """What was found.

    Attributes:
        findings: the gravest first.
        met: places of fields and, as `place=VALUE`, of values that the spec only infers, with how often they came.
        found_at: exchange (`x12`) or delivery (`d3`) to the ids of what was found there.
    """

    findings: tuple[Finding, ...]
    met: Mapping[str, int]
    found_at: Mapping[str, frozenset[str]]


@attrs.define(eq=False)
class _Answered:
    operation: Owner
    exchange: Exchange
    message: Message


class Court:
    """Judges what one run or file gave, once."""

    def __init__(self, observed: Observed, keys: Sequence[AppKey], spec: Spec) -> None:
        self._observed = observed
        self._spec = spec
        self._docket = Docket()
        self._story = Story()
        app_id = observed.app_id or _app_id(observed)
        self._headers = Headers(spec, app_id, self._docket)
        self._signatures = Signatures(keys, self._docket)
        self._fields = Fields(self._story, self._docket)
        self._belonging = Belonging(self._story, app_id, self._docket)
        self._met: Counter[str] = Counter()

    def judge(self) -> Judgement:
        """Judge everything."""
        answered = self._answers()
        webhooks = [(delivery, Message.webhook(delivery)) for delivery in self._observed.deliveries]
        for _, message in webhooks:
            self._look(message)
        messages = [each.message for each in answered]
        freshness.judge_answers(self._spec, messages, self._docket)
        freshness.judge_webhooks(self._spec, [message for _, message in webhooks], self._docket)
        self._signatures.report([*messages, *(message for _, message in webhooks)])
        told = self._judge_answers([each for each in answered if self._signatures.vouches(each.message)])
        self._judge_webhooks([pair for pair in webhooks if self._signatures.vouches(pair[1])], told)
        findings, found_at = self._docket.findings()
        return Judgement(findings=tuple(findings), met=self._met + self._fields.met, found_at=found_at)

    def _answers(self) -> list[_Answered]:
        found = []
        for exchange in self._observed.exchanges:
            message = Message.answer(exchange)
            operation = self._spec.operations.get(exchange.operation or "")
            if operation is None:
                self._elsewhere(exchange, message)
            elif outcomes.is_an_answer(exchange, operation, message, self._docket):
                sent, _ = by_name(exchange.request_headers)
                self._look(message, sent.get("x-appid"))
                if _code(message) in _UNVERIFIED_CODES:
                    message.request_at = None  # that of a call which was to be refused, perhaps
                found.append(_Answered(operation, exchange, message))
        return found

    def _look(self, message: Message, asked_as: str | None = None) -> None:
        """Look at a message's headers and signature."""
        self._headers.judge(message, asked_as)
        self._signatures.look(message)
        self._headers.judge_timestamp(message)

    def _elsewhere(self, exchange: Exchange, message: Message) -> None:
        """Tell of a path that the spec does not have and HaloPay does."""
        if message.is_signed and exchange.status == 200:
            path = exchange.url.partition("://")[2].partition("/")[2].partition("?")[0]
            seen = {"path": f"/{path}" if _PLAIN_PATH.fullmatch(path) else "(a path that may hold data)"}
            self._docket.report("path-unknown", "paths", message.evidence, pointer="/paths", seen=seen)

    def _judge_answers(self, answered: Sequence[_Answered]) -> list[Told]:
        rows: dict[str, list[tuple[Row, _Answered]]] = {name: [] for name in self._spec.operations}
        for each in answered:
            for row in self._rows(each):
                rows[each.operation.name].append((row, each))
        told = []
        for name in sorted(rows, key=lambda name: not name.endswith("create")):
            own = [row for row, _ in rows[name]]
            self._fields.judge(self._spec.operations[name].shape, own)
            for row in own:
                self._story.tell(name, row)
            self._belonging.judge(self._spec.operations[name], own)
            for row, each in rows[name]:
                exchange = each.exchange
                one = transitions.told(each.operation, row, exchange.number, exchange.at, exchange.answered_at)
                told += [] if one is None or each.message.is_stale else [one]
        return told

    def _rows(self, each: _Answered) -> list[Row]:
        """Open one answer."""
        operation, exchange, message = each.operation, each.exchange, each.message
        if exchange.status != 200:
            outcomes.judge_status(self._spec, exchange, message, self._docket)
        opened = open_envelope(self._spec, operation, message, self._docket)
        if opened is None:
            return []
        outcomes.judge_outcome(exchange, operation, opened, message, self._docket)
        sent = fields_of(exchange.request_body)
        if not self._is_rightly_asked(exchange, opened.code, message) or message.is_stale:
            sent = {}
        data = Data(operation, message, self._docket)
        if opened.data is MISSING or not opened.success:
            if opened.success:
                data.missing()
            return []
        subject = SUBJECTS.get(operation.name, "")
        return [Row(message.evidence[0], row, sent, subject) for row in data.rows(opened.data)]

    def _is_rightly_asked(self, exchange: Exchange, code: int | None, message: Message) -> bool:
        """Say whether a recorded call is signed rightly; tell where it is not and was answered all the same."""
        headers, _ = by_name(exchange.request_headers)
        timestamp, signature, body = headers.get("x-timestamp"), headers.get("x-sign"), exchange.request_body
        if exchange.expects is not None or not exchange.raw or not self._signatures.right or message.is_stale:
            return True
        if body is None or timestamp is None or signature is None or is_masked(signature) or is_masked(timestamp):
            return True
        if code in _UNVERIFIED_CODES or self._signatures.reading(body, timestamp, signature) != WRONG:
            return True
        self._docket.report("request-signature", "signature", message.evidence, pointer="/x-signature")
        return False

    def _judge_webhooks(self, webhooks: Sequence[tuple[Delivery, Message]], told: list[Told]) -> None:
        rows: dict[str, list[tuple[Row, Delivery, Message]]] = {name: [] for name in self._spec.webhooks}
        tried = []
        for delivery, message in webhooks:
            fields = message.parsed if isinstance(message.parsed, dict) else None
            if fields is None:
                place = delivery.webhook or "webhooks"
                self._docket.report("envelope-malformed", place, message.evidence, seen={"type": "no object of JSON"})
                continue
            owner = which(self._spec, delivery, fields, self._story)
            row = Row(message.evidence[0], fields, {}, SUBJECTS.get(owner.name, ""))
            rows[owner.name].append((row, delivery, message))
            tried.append(Tried(owner, delivery, message))
        said = []
        for name, owner in self._spec.webhooks.items():
            own = [row for row, _, _ in rows[name]]
            self._fields.judge(owner.shape, own)
            self._belonging.judge(owner, own)
            self._met[name] += len(own) if owner.guessed else 0
            for row, delivery, message in rows[name]:
                judge_event_type(self._spec, owner, row, message, self._docket)
                one = transitions.told(owner, row, delivery.number, delivery.sent_at, None)
                said += [] if one is None or message.is_stale else [one]
        transitions.judge_webhooks(said, self._docket)
        transitions.judge_answers(told, transitions.ends(said), self._docket)
        schedule.judge(tried, self._docket)


def _code(message: Message) -> int | None:
    """Return the code as far as it can be read without opening the envelope."""
    return number_of(message.parsed.get("code")) if isinstance(message.parsed, dict) else None


def _app_id(observed: Observed) -> str | None:
    """Return the app that most calls, or else most webhooks, are of; None where nobody says."""
    for headers in (
        [exchange.request_headers for exchange in observed.exchanges],
        [delivery.headers for delivery in observed.deliveries],
    ):
        named = Counter(value for lines in headers if (value := header_of(lines, "x-appid")) and not is_masked(value))
        if named:
            return named.most_common(1)[0][0]
    return None
