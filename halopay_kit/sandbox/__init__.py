"""HaloPay in a box: a server on loopback that keeps state, checks signatures and signs its answers.

Needs `pip install 'halopay-kit[sandbox]'`.
"""

from halopay_kit.sandbox.box import Sandbox
from halopay_kit.sandbox.business.unknowns import Unknowns
from halopay_kit.sandbox.wire.refusal import ControlError

__all__ = ["ControlError", "Sandbox", "Unknowns"]
