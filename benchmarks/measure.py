"""Measure cases beside each other: in rounds, every round in an order of its own, every ratio within its round."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from statistics import median, quantiles
from typing import Literal

import attrs

ROOT = Path(__file__).parent.parent
WARM_CALLS = 3

Sample = Callable[[], float]
Around = Callable[[], AbstractContextManager[None]]
Series = Mapping[str, Sequence[float]]
Unit = Literal["x", "ms", "/s", "MB", "fold"]  # fold: how many times as much, where more is better
AT_LEAST = ("/s", "fold")


@attrs.frozen
class Case:
    """Something to measure; `sample` returns the seconds of one round, None stands for a peer that is not there."""

    name: str
    sample: Sample | None
    absent: str = "not installed"


@attrs.frozen
class Row:
    """A line of the table: median and quartiles over the rounds, against something of the same round.

    Of a unit in `AT_LEAST`, more is better.
    """

    name: str
    unit: Unit = "x"
    value: float | None = None
    low: float | None = None
    high: float | None = None
    seconds: float | None = None
    fastest: float | None = None
    target: float | None = None
    absent: str = ""

    @property
    def verdict(self) -> str:
        """Say whether the target is met; nothing where there is none."""
        if self.target is None or self.value is None:
            return ""
        met = self.value >= self.target if self.unit in AT_LEAST else self.value <= self.target
        return "met" if met else "missed"


def cpu_cases(
    peers: Mapping[str, Callable[[], Callable[[], object]]], number: int, around: Mapping[str, Around]
) -> list[Case]:
    """Set up each peer and warm it; one whose library cannot be imported becomes a case that is not there.

    What is in `around` under a peer's name is entered when it is set up and for each of its samples.
    """
    cases = []
    for name, set_up in peers.items():
        inside = around.get(name, nullcontext)
        try:
            with inside():
                sample = cpu(set_up(), number, inside)
        except ImportError:
            cases.append(Case(name, None))
        else:
            sample()  # warm
            cases.append(Case(name, sample))
    return cases


def cpu(call: Callable[[], object], number: int, inside: Around = nullcontext) -> Sample:
    """Return a sample of the CPU seconds that one call takes in this process, system time included."""

    def sample() -> float:
        with inside():
            for _ in range(WARM_CALLS):
                call()
            gc.collect()
            gc.disable()
            try:
                before = time.process_time()
                for _ in range(number):
                    call()
                return (time.process_time() - before) / number
            finally:
                gc.enable()

    return sample


def interleave(cases: Sequence[Case], rounds: int) -> Series:
    """Return the seconds of every case for every round."""
    order = [(case.name, case.sample) for case in cases if case.sample is not None]
    found: dict[str, list[float]] = {name: [] for name, _ in order}
    shuffle = random.Random(20).shuffle  # the same orders in every run
    gc.collect()
    gc.freeze()  # the libraries' own objects need no collecting between two samples
    try:
        for _ in range(rounds):
            shuffle(order)
            for name, sample in order:
                found[name].append(sample())
    finally:
        gc.unfreeze()
    return found


def ratio(series: Series, name: str, reference: str, *, target: float | None = None, label: str = "") -> Row:
    """Return how many times the reference's time it took, round by round."""
    values = [one / other for one, other in zip(series[name], series[reference], strict=True)]
    return _row(series, label or name, values, "x", name, target)


def difference(series: Series, name: str, reference: str, *, target: float | None = None, label: str = "") -> Row:
    """Return how many milliseconds more than the reference it took, round by round; also fastest against fastest."""
    values = [(one - other) * 1e3 for one, other in zip(series[name], series[reference], strict=True)]
    row = _row(series, label or name, values, "ms", "", target)
    return attrs.evolve(row, fastest=min(series[name]) - min(series[reference]))


def ratios(cases: Sequence[Case], series: Series, reference: str, targets: Mapping[str, float]) -> list[Row]:
    """Return a row for every case, those that are not there included."""
    return [
        ratio(series, case.name, reference, target=targets.get(case.name))
        if case.name in series and reference in series
        else Row(case.name, absent=case.absent)
        for case in cases
    ]


def _row(series: Series, label: str, values: Sequence[float], unit: Unit, name: str, target: float | None) -> Row:
    low, _, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    return Row(
        name=label,
        unit=unit,
        value=median(values),
        low=low,
        high=high,
        seconds=median(series[name]) if name else None,
        fastest=min(series[name]) if name else None,
        target=target,
    )
