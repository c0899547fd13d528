"""Whoever is run beside others and fails is heard at once."""

from __future__ import annotations

import os
import time

import pytest

from tests.inbox.abreast import run_processes, run_threads


def fail(what):
    raise ValueError(what)


def die(code):
    os._exit(code)


def rest(seconds):
    time.sleep(seconds)
    return seconds


@pytest.mark.parametrize("run", [run_threads, run_processes])
def test_an_error_is_told_with_its_place(run):
    with pytest.raises(AssertionError, match=r"in fail(.|\n)*ValueError: as told"):
        run(fail, [("as told",)])


def test_a_process_that_dies_is_told_without_waiting_for_the_others():
    began = time.monotonic()
    with pytest.raises(AssertionError, match="ended with 7"):
        run_processes(die, [(7,), (7,)])
    assert time.monotonic() - began < 30


def test_what_is_found_is_returned():
    assert run_threads(rest, [(0,), (0.01,)]) == [0, 0.01]
