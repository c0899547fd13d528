"""The checkout page: what a payer sees of an order, and a strip on which a developer plays the payer."""

from halopay_kit.sandbox.checkout.page import Checkout

__all__ = ["Checkout"]
