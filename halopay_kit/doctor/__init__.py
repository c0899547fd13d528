"""Verification before going live: credentials, clock, signature, receiver, inbox, leaks; each a check with a remedy."""

from halopay_kit.doctor.check import CHECKS, Check, Verdict
from halopay_kit.doctor.examination import Patient, examine
from halopay_kit.doctor.webhook import said

__all__ = ["CHECKS", "Check", "Patient", "Verdict", "examine", "said"]
