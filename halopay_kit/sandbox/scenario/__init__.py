"""Scenarios: what goes wrong in practice, as files of steps and expectations."""

from halopay_kit.sandbox.scenario.scenario import Played, Result, Scenario

__all__ = ["Played", "Result", "Scenario"]
