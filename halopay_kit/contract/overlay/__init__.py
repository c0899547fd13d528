"""Corrections of the spec as an OpenAPI Overlay: proposed from what was seen, applied to the spec's own text."""

from halopay_kit.contract.overlay.applying import Applied, apply
from halopay_kit.contract.overlay.document import Action, Overlay, Remark, read
from halopay_kit.contract.overlay.proposing import propose
from halopay_kit.contract.overlay.replacing import replace, text_of

__all__ = ["Action", "Applied", "Overlay", "Remark", "apply", "propose", "read", "replace", "text_of"]
