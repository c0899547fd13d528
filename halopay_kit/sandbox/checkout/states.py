"""Every state that a payer may find an order in: what the page says, and which of its parts make sense then."""

from __future__ import annotations

import attrs


@attrs.frozen
class State:
    """Words for the payer, a tone (waiting, attention, good, over) and the parts that are shown."""

    title: str
    message: str
    tone: str
    shown: tuple[str, ...]


_OPEN = ("clock", "pay", "full", "part", "over", "expire")
_LATE = ("full", "part", "over", "return")
_DONE = ("over", "return", "follow")

STATES = {
    "choose": State(
        "Choose how to pay",
        "The amount is fixed as soon as you have chosen a token.",
        "waiting",
        ("clock", "expire"),
    ),
    "waiting": State("Waiting for your payment", "Send {rest} to the address on this page.", "waiting", _OPEN),
    "partly": State(
        "A part has arrived",
        "{collected} of {amount} arrived. Please send the remaining {rest} to the same address.",
        "attention",
        (*_OPEN, "progress"),
    ),
    "partly-seen": State(
        "A part is on its way",
        "{seen} was seen, and the chain is confirming it. Please send the remaining {rest} to the same address.",
        "attention",
        _OPEN,
    ),
    "seen": State(
        "Your payment was seen",
        "{seen} is on its way, and the chain is confirming it. Please wait; do not send it again.",
        "waiting",
        ("over",),
    ),
    "paid": State("Paid", "{collected} arrived. Thank you.", "good", _DONE),
    "overpaid": State(
        "Paid, and more than needed",
        "{collected} arrived, {excess} too much. The excess went to the merchant and does not come back by itself: "
        "please ask the merchant for it.",
        "good",
        _DONE,
    ),
    "late": State("Paid late", "{collected} arrived, not all of it in time. The order counts as paid.", "good", _DONE),
    "late-overpaid": State(
        "Paid late, and more than needed",
        "{collected} arrived, not all of it in time, and {excess} too much. The order counts as paid; please ask the "
        "merchant for the excess.",
        "good",
        _DONE,
    ),
    "timed-out": State(
        "The time is over",
        "Nothing arrived in time. Please send nothing any more, and ask the merchant for a new order.",
        "over",
        _LATE,
    ),
    "underpaid": State(
        "The time is over, and a part is missing",
        "{collected} of {amount} arrived. Please ask the merchant what happens to it.",
        "over",
        (*_LATE, "progress"),
    ),
    "unchosen": State(
        "The time is over",
        "No token was chosen in time. Please ask the merchant for a new order.",
        "over",
        ("return",),
    ),
}
