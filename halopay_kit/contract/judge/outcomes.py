"""Outcomes: what a call was meant to provoke, and what came."""

from __future__ import annotations

from halopay_api.policy import RESULT_CODES
from halopay_kit.contract.exchange import Exchange
from halopay_kit.contract.judge.docket import Docket
from halopay_kit.contract.judge.envelope import Opened
from halopay_kit.contract.judge.message import Message
from halopay_kit.contract.judge.spec import Owner, Spec
from halopay_kit.contract.judge.values import check
from halopay_kit.contract.kinds import Grade
from halopay_kit.contract.parsed import UNREADABLE, fields_of

_GONE = (404, 405, 410)
_NUMBERS = {code.name: code.value for code in RESULT_CODES.values()}
_TOO_OFTEN, _PARAMETER_ERROR = _NUMBERS["FREQUENT_OPERATION"], _NUMBERS["PARAMETER_ERROR"]


def is_an_answer(exchange: Exchange, operation: Owner, message: Message, docket: Docket) -> bool:
    """Say whether HaloPay answered; what came instead is told."""
    evidence = message.evidence
    if exchange.status is None:
        grade: Grade | None = "note" if exchange.expects is None else None
        docket.report("no-answer", operation.name, evidence, pointer=operation.pointer, grade=grade)
        return False
    if message.is_signed or _is_envelope(message):
        return True
    is_gone = exchange.method == "POST" and exchange.status in _GONE
    kind = "operation-missing" if is_gone else "not-an-answer"
    media_type = message.headers.get("content-type", "no content type").partition(";")[0].strip().lower()
    seen = {"status": exchange.status, "content": media_type[:60]}
    docket.report(kind, operation.name, evidence, pointer=operation.pointer, seen=seen)
    return False


def _is_envelope(message: Message) -> bool:
    """Say whether an unsigned body may be HaloPay's all the same."""
    found = message.parsed
    if not message.headers:  # they were not recorded
        return found is not UNREADABLE
    return isinstance(found, dict) and not found.keys().isdisjoint(("code", "msg", "data"))


def judge_status(spec: Spec, exchange: Exchange, message: Message, docket: Docket) -> None:
    """Judge the HTTP status of an answer."""
    if exchange.status != 200:
        docket.report(
            "http-status", "envelope", message.evidence, pointer=spec.envelope.pointer, seen={"status": exchange.status}
        )


def judge_outcome(exchange: Exchange, operation: Owner, opened: Opened, message: Message, docket: Docket) -> None:
    """Compare the code with what was expected; one that the spec does not list is told elsewhere."""
    expects, code, evidence = exchange.expects, opened.code, message.evidence
    if code == _TOO_OFTEN:
        docket.report("frequent", operation.name, evidence, pointer=operation.pointer)
        return
    if expects is None or (expects.outcome == "either" and (opened.success or not expects.codes)):
        return
    why = expects.why or "a wrong call"
    if opened.success:
        if expects.outcome == "refusal":
            docket.report("accepted", operation.name, evidence, pointer=operation.pointer, seen={"why": why})
        return
    if code is None or code not in RESULT_CODES or RESULT_CODES[code].provenance == "observed":
        return  # what it means is not known
    if expects.outcome == "success" and code == _PARAMETER_ERROR and not _is_right(exchange, operation):
        return
    if expects.outcome == "success":
        docket.report("refused", operation.name, evidence, pointer=operation.pointer, seen={"code": code})
    elif expects.codes and code not in expects.codes:
        seen = {"why": why, "code": code, "expected": sorted(expects.codes)}
        docket.report("wrong-code", operation.name, evidence, pointer=operation.pointer, seen=seen)


def _is_right(exchange: Exchange, operation: Owner) -> bool:
    """Say whether a call is as the spec has it: not one that sends back what an answer had in another form."""
    fields = fields_of(exchange.request_body)
    known = {} if operation.request is None else operation.request.fields
    return all(check(known[name], value) is None for name, value in fields.items() if name in known)
