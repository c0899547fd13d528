"""Drifts → an OpenAPI Overlay: corrections that a person reads, and `halopay contract apply` writes into the spec."""

from codegen.docs.overlay.proposing import Proposal, propose

__all__ = ["Proposal", "propose"]
