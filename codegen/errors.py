"""What stops a generation."""

from __future__ import annotations


class SpecError(Exception):
    """Say where in the spec the trouble is, as a JSON pointer, and what it is."""

    def __init__(self, pointer: str, problem: str) -> None:
        super().__init__(pointer, problem)
        self.pointer = pointer
        self.problem = problem

    def __str__(self) -> str:
        return f"Unsupported: {self.pointer or '/'}: {self.problem}"


def step(pointer: str, key: str | int) -> str:
    """Lengthen a JSON pointer by one key."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
