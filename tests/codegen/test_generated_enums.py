"""Open enums: a value that the spec does not list stays what it is."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from halopay_api import policy
from halopay_api.models import Chain, PaymentStatus, ResultCode
from halopay_api.open_enum import OpenIntEnum, OpenStrEnum
from tests.codegen.mini import changed, run, write


@pytest.mark.parametrize(
    ("kind", "value", "known"),
    [
        (PaymentStatus, "PAID", True),
        (PaymentStatus, "REFUNDED", False),
        (PaymentStatus, "", False),
        (PaymentStatus, "UNKNOWN", False),
        (PaymentStatus, "paid\n'\"", False),
        (Chain, "Tron", True),
        (Chain, "tron", False),
        (ResultCode, 0, True),
        (ResultCode, 10003, True),
        (ResultCode, -1, False),
        (ResultCode, 10**30, False),
    ],
)
def test_a_value_is_kept_by_every_way_out(kind, value, known):
    member = kind(value)
    assert isinstance(member, kind)
    assert member == value
    assert member == kind(value)
    assert hash(member) == hash(value)
    assert {value: 1}[member] == 1
    assert member.value == value
    assert type(member.value) is type(value)
    assert member.known is known
    assert member.name == (member.name if known else "UNKNOWN")
    assert f"{member}" == str(member) == str(value)
    assert json.loads(json.dumps(member)) == value
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(member, protocol))  # noqa: S301 - our own bytes
        assert (again, type(again), again.known) == (member, kind, known)
    assert copy.deepcopy(member) == copy.copy(member) == member
    assert kind(member) == member
    assert repr(value) in repr(member)


def test_an_unknown_value_does_not_join_the_enum():
    before = list(PaymentStatus)
    assert PaymentStatus("NEW") not in before
    assert list(PaymentStatus) == before
    assert not PaymentStatus("NEW").known
    with pytest.raises(KeyError):
        PaymentStatus["NEW"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [(PaymentStatus, 5), (PaymentStatus, None), (ResultCode, "7"), (ResultCode, 7.5), (ResultCode, None)],
)
def test_a_value_of_another_type_is_refused(kind, value):
    with pytest.raises(ValueError, match="is not a valid"):
        kind(value)


def test_members_are_named_as_the_spec_names_them_or_after_their_values():
    assert [member.name for member in PaymentStatus] == ["TO_BE_PAID", "PAID", "TIME_OUT"]
    assert ResultCode(10003) is ResultCode.PARAMETER_ERROR
    assert issubclass(ResultCode, OpenIntEnum)
    assert issubclass(Chain, OpenStrEnum)


def test_a_listed_value_called_unknown_is_known(tmp_path):
    spec = changed({"/components/schemas/Colour/enum": ["RED", "unknown"]})
    run(
        write(spec, tmp_path),
        "from halopay_api.models import Colour\n"
        "assert Colour.UNKNOWN.known and Colour('unknown') is Colour.UNKNOWN and not Colour('x').known",
    )


def test_the_tables_of_the_wire_are_those_of_the_spec():
    assert set(policy.RESULT_CODES) == {code.value for code in ResultCode}
    assert all(policy.RESULT_CODES[code].name == code.name for code in ResultCode)
    assert {code.outcome for code in policy.RESULT_CODES.values()} == {"done", "not-done", "unknown"}
    assert policy.TOLERANCE == 120
    assert sum(policy.RETRY_AFTER) == 24 * 3600 + 3 * 60 + 50
    assert policy.ACKNOWLEDGEMENT == "Success"
    assert [name for name, effect in policy.EFFECTS.items() if effect.retry] == ["read"]
    with pytest.raises(TypeError):
        policy.EFFECTS["read"] = policy.EFFECTS["creates"]
