"""HaloPay in a box: a server on loopback that keeps state, checks signatures and signs its answers.

Needs `pip install 'halopay-kit[sandbox]'`.
"""

from halopay_kit.sandbox.box import Sandbox
from halopay_kit.sandbox.refusal import ControlError
from halopay_kit.sandbox.unknowns import Unknowns

__all__ = ["ControlError", "Sandbox", "Unknowns"]
