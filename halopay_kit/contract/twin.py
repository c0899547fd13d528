"""A sandbox in a process of its own, so that what makes calls up and what answers them share no processor."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from halopay_kit.contract.target import Target
from halopay_kit.errors import HaloPayError

if TYPE_CHECKING:
    from halopay_kit.sandbox import Sandbox

START = "2026-03-17T12:20:00Z"
_NOW = 1773750000.0  # the same second


@contextmanager
def twin(box: Sandbox, seed: int, drift: Sequence[str] = ()) -> Iterator[Target]:
    """Give a sandbox of the same app whose time stands still; it ends with the block, or with this process.

    Raises:
        HaloPayError: it did not start.
    """
    process = subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-m", "halopay_kit.contract.twin", str(seed), *drift],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for this process, which then ends that one
    )
    with process:
        try:
            yield Target(
                name="sandbox",
                base_url=_handed_over(process, box),
                app_id=box.app_id,
                app_key=box.app_key,
                live=False,
                ours=True,
                clock=lambda: _NOW,
            )
        finally:
            process.terminate()


def _handed_over(process: subprocess.Popen[bytes], box: Sandbox) -> str:
    """Hand the app over by a pipe, which nobody else reads, and return where the sandbox serves."""
    told = b""
    if process.stdin is not None and process.stdout is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(box.environ()).encode() + b"\n")
            process.stdin.flush()
        told = process.stdout.readline()
    if not told.startswith(b"http"):
        raise HaloPayError("the sandbox for made-up calls did not start")
    return told.decode().strip()


def _serve(seed: str, drift: Sequence[str]) -> None:
    from halopay_kit.sandbox import Sandbox

    app = json.loads(sys.stdin.buffer.readline())
    box = Sandbox(
        seed=f"made-up calls {seed}",  # other numbers than those of the first sandbox
        app_id=app["HALOPAY_APP_ID"],
        app_key=app["HALOPAY_APP_KEY"],
        start=START,
        drift=drift,
    )
    with box:
        sys.stdout.write(f"{box.base_url}\n")
        sys.stdout.flush()
        sys.stdin.buffer.read()  # until the parent ends, or ends this


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2:])
