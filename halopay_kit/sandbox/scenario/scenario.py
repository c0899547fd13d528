"""Scenarios: what goes wrong in practice, as a file of steps and expectations that is run against a sandbox.

    about: A payer sends less than the order asks for. Ship on PAID only.
    steps:
      - call: order.create
        with: {out_trade_no: T1, currency_id: 75, token_amount: "15"}
      - pay: {out_trade_no: T1, amount: "5"}
      - expect:
          received: [TO-BE-PAID]

`script` says what a file may hold. Besides the sandbox there is a merchant: a caller that signs, and a receiver that
is the app's webhook URL, verifies, writes down, and answers `Success` until a step says otherwise.
"""

from __future__ import annotations

from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Self

import attrs

from halopay_kit.errors import ConfigurationError
from halopay_kit.sandbox.box import Sandbox
from halopay_kit.sandbox.scenario.script import Script, read

_SHIPPED = files("halopay_kit.sandbox.scenario").joinpath("shipped")


@attrs.frozen
class Played:
    """A step that was played: `problem` is None where all was as expected."""

    number: int
    text: str
    problem: str | None

    def __str__(self) -> str:
        return f"step {self.number} ({self.text})"


@attrs.frozen(kw_only=True)
class Result:
    """What came of a run: it ends with the first step that is not as expected. `recording` is the sandbox's record."""

    name: str
    passed: bool
    steps: tuple[Played, ...]
    recording: bytes

    @property
    def problem(self) -> str | None:
        """Return a sentence that names the file, the step and what was not as expected; None if all passed."""
        last = self.steps[-1]
        return None if self.passed else f"{self.name}, {last}: {last.problem}"


@attrs.frozen(kw_only=True)
class Scenario:
    """A scenario that was read; `about` says what happens in practice and what a merchant must do."""

    name: str
    about: str
    script: Script

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the scenarios that come with the sandbox."""
        names = (file.name for file in _SHIPPED.iterdir())
        return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file, or a scenario that comes with the sandbox, by its name.

        Raises:
            ConfigurationError: there is none, or it is not one; the file, the step and the key are named.
        """
        if str(path) in cls.names():
            text = _SHIPPED.joinpath(f"{path}.yaml").read_text("utf-8")
        else:
            try:
                text = Path(path).read_text("utf-8")
            except (OSError, ValueError) as error:
                advice = f"Give a file, or one of {', '.join(cls.names())}."
                raise ConfigurationError(f"there is no scenario {str(path)!r}", advice=advice) from error
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, name: str = "scenario") -> Self:
        """Read a scenario from its text.

        Raises:
            ConfigurationError: as `load`.
        """
        script = read(text, name)
        return cls(name=name, about=script.about, script=script)

    def run(self) -> Result:
        """Play the steps against a sandbox of its own; the same seed gives the same recording."""
        from halopay_kit.sandbox.scenario.caller import Caller
        from halopay_kit.sandbox.scenario.play import Play
        from halopay_kit.sandbox.scenario.receiver import Receiver

        script = self.script
        box = Sandbox(
            seed=script.seed,
            start=script.start,
            unknowns=script.unknowns,
            drift=script.drift,
            payouts_settle_after=script.payouts_settle_after,
        )
        for fault in script.faults:
            box.faults.add_text(fault)
        steps: list[Played] = []
        with Receiver(box.app_key, box.clock.now) as receiver:
            receiver.behaviour = script.receiver
            box.webhook_url = receiver.url
            with box, closing(Caller(box.base_url, box.app_id, box.app_key, box.clock.now)) as caller:
                play = Play(box, caller, receiver)
                for step in script.steps:
                    steps.append(Played(step.number, str(step), play.step(step)))
                    if steps[-1].problem is not None:
                        break
        passed = all(step.problem is None for step in steps)
        return Result(name=self.name, passed=passed, steps=tuple(steps), recording=box.record.jsonl())
