"""Sections → facts: what a page says about operations, webhooks, headers, codes and times."""

from codegen.docs.facts.fact import Fact, Trouble
from codegen.docs.facts.finding import Findings, facts
from codegen.docs.facts.subjects import Known
from codegen.docs.facts.subjects import read as known

__all__ = ["Fact", "Findings", "Known", "Trouble", "facts", "known"]
