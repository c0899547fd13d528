"""The tree of errors."""

from __future__ import annotations

import pickle

from halopay_api.policy import RESULT_CODES
from halopay_kit import errors
from halopay_kit.errors import BY_CODE, ApiError, HaloPayError, OutcomeUnknown, TransportError


def test_every_code_of_the_spec_but_success_has_its_error():
    assert set(BY_CODE) == set(RESULT_CODES) - {0}
    for code, error in BY_CODE.items():
        assert RESULT_CODES[code].meaning in (error.__doc__ or "")


def test_every_error_has_the_one_root():
    kinds = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert all(issubclass(kind, HaloPayError) for kind in kinds)


def test_unknown_is_not_an_error_that_somebody_retries():
    assert not issubclass(OutcomeUnknown, TransportError | ApiError)


def test_an_error_tells_where_what_and_what_to_do():
    error = OutcomeUnknown("no answer", operation="payout.create", out_trade_no="P-7")
    assert str(error).startswith("payout.create: no answer (out_trade_no P-7). Query")


def test_an_error_survives_a_process_boundary():
    error = BY_CODE[10003]("no", operation="order.create", code=10003, msg="m", verified=True, status=200, body=b"{}")
    back = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert (type(back), back.code, back.operation, str(back)) == (type(error), 10003, "order.create", str(error))
