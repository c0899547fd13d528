"""What was looked at, what came of it, and what to do: one value for each check."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import attrs

Verdict = Literal["passed", "failed", "skipped"]

CHECKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "credentials": "AppId and AppKey are there and shaped right",
        "address": "HaloPay answers at the base URL",
        "clock": "This machine's clock is right",
        "signature": "HaloPay accepts the signature",
        "answers": "HaloPay's answers verify",
        "unsigned": "Calls that nobody signed are refused",
        "webhook-reachable": "The webhook URL answers from here",
        "webhook-success": "A genuine webhook is answered with Success",
        "webhook-forged": "A forged webhook is refused",
        "webhook-stale": "A stale webhook is refused",
        "webhook-once": "A webhook that comes twice counts once",
        "webhook-kept": "What was answered with Success outlives a restart",
        "inbox": "The inbox is reachable and durable",
        "key-in-files": "The AppKey is in no file of the repository, and in no log or dump nearby",
        "key-in-history": "The AppKey is nowhere in the git history",
        "env-tracked": "Git tracks no .env",
        "spec": "The spec's version is known",
        "drift": "Somebody looked for drift, and what was accepted has not expired",
    }
)
"""Every check by its name, in the order in which they are made."""


@attrs.frozen(kw_only=True)
class Check:
    """One check: `says` is what was found, `remedy` what to do about it; neither ever holds an AppKey."""

    name: str
    verdict: Verdict
    says: str
    remedy: str = ""

    @property
    def about(self) -> str:
        """Say what is right where it passed."""
        return CHECKS[self.name]


def passed(name: str, says: str) -> Check:
    """Return a check that found nothing wrong."""
    return Check(name=name, verdict="passed", says=says)


def failed(name: str, says: str, remedy: str) -> Check:
    """Return a check that found something wrong."""
    return Check(name=name, verdict="failed", says=says, remedy=remedy)


def skipped(name: str, says: str, remedy: str = "") -> Check:
    """Return a check that could not be made."""
    return Check(name=name, verdict="skipped", says=says, remedy=remedy)
