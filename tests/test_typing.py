"""What a user's type checker says."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

GOOD = """
from decimal import Decimal
from halopay_api.models import OrderCreated, Token
from halopay_kit import Answer, HaloPay, HaloPayError, OutcomeUnknown, webhooks

def main() -> None:
    with HaloPay.from_env(timeout=5) as halopay:
        order: OrderCreated = halopay.order.create(
            out_trade_no="T", currency_id=75, fiat_name="USD", fiat_amount=Decimal("15"), timeout=3
        )
        amount: Decimal = order.amount
        tokens: list[Token] = halopay.currency.token_list()
        reveal_type(halopay.order.detail(trade_no=order.trade_no).amount_collected)
        reveal_type(webhooks.verify(b"{}", {}, app_key="k", now=0).data)
        print(amount, tokens)
"""

WRONG = {
    'halopay.order.create(out_trade_no="T", currency=75)': "call-arg",
    'halopay.order.create(out_trade_no="T")': "call-arg",
    'halopay.order.create("T", 75)': "call-arg",
    'halopay.order.create(out_trade_no="T", currency_id=75, fiat_amount=1.5)': "arg-type",
    'halopay.payout.create(out_trade_no="P", currency_id=75, amount="1")': "call-arg",
    "halopay.order.list()": "attr-defined",
    "halopay.order.detail(trade_no='x').nonsense": "attr-defined",
}


def mypy(code: str, folder) -> str:
    script = folder / "script.py"
    script.write_text(code)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={folder}/cache", str(script)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_a_script_that_uses_the_client_rightly_passes_strict_checks_and_wrong_calls_do_not(tmp_path):
    calls = "\n".join(f"    {call}" for call in WRONG)
    shown = mypy(f"{GOOD}\n\ndef wrong(halopay: HaloPay) -> None:\n{calls}\n", tmp_path)
    first = GOOD.count("\n") + 4
    for line, code in enumerate(WRONG.values(), first):
        assert f"script.py:{line}: error" in shown, (line, shown)
        assert f"[{code}]" in next(each for each in shown.splitlines() if f"script.py:{line}: error" in each)
    assert len([each for each in shown.splitlines() if ": error" in each]) == len(WRONG), shown
    assert 'Revealed type is "decimal.Decimal | None"' in shown
    assert "PaymentEvent" in shown
