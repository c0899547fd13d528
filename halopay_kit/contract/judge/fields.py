"""Fields: every value beside the spec, and those that should have come and did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from halopay_kit.contract.judge import names
from halopay_kit.contract.judge.docket import Docket
from halopay_kit.contract.judge.occasions import should_be_there
from halopay_kit.contract.judge.rows import Row, Story
from halopay_kit.contract.judge.spec import Field, Shape
from halopay_kit.contract.judge.values import Problem, check

_OF_THE_LIST = frozenset({"value-unknown", "value-recased"})


class Fields:
    """Judges rows.

    Attributes:
        met: places of fields and, as `place=VALUE`, of values that the spec only infers, with how often they came.
    """

    def __init__(self, story: Story, docket: Docket) -> None:
        self.met: Counter[str] = Counter()
        self._story = story
        self._docket = docket

    def judge(self, shape: Shape, rows: Sequence[Row]) -> None:
        """Judge all rows of one shape; what is missing can only be told of all of them together."""
        if not rows:
            return
        absent = names.put_right(shape, rows, self._docket)
        for row in rows:
            self._values(shape, row)
        for name, numbers in absent.items():
            self._missing(shape.fields[name], rows, numbers)
        for field in shape.fields.values():
            if field.shape is not None:
                self.judge(field.shape, [inner for row in rows for inner in _inside(row, field.name)])

    def _values(self, shape: Shape, row: Row) -> None:
        fields, met = shape.fields, self.met
        for name, value in row.fields.items():
            field = fields.get(name)
            if field is None:
                continue
            problem = check(field, value)
            if problem is None:
                if field.guessed:
                    met[field.place] += 1
                if field.guesses and isinstance(value, str) and value in field.guesses:
                    met[f"{field.place}={value}"] += 1
            elif problem.kind != "value-empty" or not self._was_asked_for_empty(row, name):
                row.wrong.add(name)
                self._wrong(field, row, problem)

    def _wrong(self, field: Field, row: Row, problem: Problem) -> None:
        pointer = field.listed_at if problem.kind in _OF_THE_LIST else field.pointer
        broken = problem.kind == "value-empty" and field.must_be_filled and not field.guessed
        self._docket.report(
            problem.kind,
            field.place,
            (row.evidence,),
            pointer=pointer,
            guessed=field.guessed,
            grade="broken" if broken else None,
            seen=problem.seen,
        )

    def _was_asked_for_empty(self, row: Row, name: str) -> bool:
        made = self._story.of(row)
        return row.sent.get(name) == "" or (made is not None and made.row.sent.get(name) == "")

    def _missing(self, field: Field, rows: Sequence[Row], numbers: Sequence[int]) -> None:
        """Tell of a required field that is missing anywhere, and of another one that never came."""
        if not field.required:
            if field.not_seen or len(numbers) < len(rows):
                return
            numbers = [number for number in numbers if should_be_there(field.place, rows[number], self._story)]
        if numbers:
            evidence = [rows[number].evidence for number in numbers]
            guessed = field.guessed or not field.required
            self._docket.report("field-missing", field.place, evidence, pointer=field.pointer, guessed=guessed)


def _inside(row: Row, name: str) -> list[Row]:
    value = row.fields.get(name)
    inner = value if isinstance(value, list) else [value]
    return [Row(row.evidence, each, {}) for each in inner if isinstance(each, dict)]
