"""How old what we know of HaloPay's wire is, and when somebody last looked whether it still holds."""

from __future__ import annotations

import datetime
import json
import re
from importlib.resources import files
from pathlib import Path

from halopay_kit.doctor.check import Check, failed, passed, skipped
from halopay_kit.errors import HaloPayError
from halopay_kit.extras import missing

_VERSION = re.compile(r"(\d{4})\.(\d{1,2})\.(\d{1,2})")
_OBSERVED = re.compile(r"observed#(\d{4}-\d{2}-\d{2})")
_LOOK = (
    "Look: `halopay contract --url https://api.pay.halochat.io`, then `halopay contract accept`, and --baseline FILE."
)


def version(today: datetime.date) -> Check:
    """Return what version of the spec this kit was made from, and its age in days."""
    text = files("halopay_api").joinpath("openapi.json").read_text("utf-8")
    said = str(json.loads(text)["info"]["version"])
    found = _VERSION.match(said)
    if found is None:
        return passed("spec", f"version {said}")
    day = datetime.date(*map(int, found.groups()))
    return passed("spec", f"version {said}: HaloPay's last announced change that it knows is {_ago(day, today)}")


def drift(baseline: str | None, today: datetime.date) -> Check:
    """Return when the wire was last compared with the spec: by an observation in it, or by accepted drift in a file."""
    text = files("halopay_api").joinpath("openapi.json").read_text("utf-8")
    days = [datetime.date.fromisoformat(found) for found in _OBSERVED.findall(text)]
    if baseline is not None:
        try:
            import yaml  # noqa: F401  # without it a baseline is called unreadable

            from halopay_kit.contract.baseline import Baseline

            entries = Baseline.read(Path(baseline)).entries
        except HaloPayError as error:
            return failed("drift", error.problem, error.advice or _LOOK)
        except ImportError as error:
            told = missing(error)
            if told is None:
                raise
            return skipped("drift", told.problem, told.advice)
        expired = [entry for entry in entries if entry.expires < today]
        if expired:
            oldest = min(entry.expires for entry in expired)
            return failed(
                "drift", f"{len(expired)} of {len(entries)} accepted drifts expired, the first {_ago(oldest, today)}",
                "Look at them again: halopay contract --baseline FILE.",
            )  # fmt: skip
        days += [entry.date for entry in entries]
    if not days:
        return skipped("drift", "nobody noted when the wire was compared with the spec", _LOOK)
    return passed("drift", f"last looked at {_ago(max(days), today)}")


def _ago(day: datetime.date, today: datetime.date) -> str:
    age = (today - day).days
    return f"{day}, {age} days ago" if age > 0 else f"{day}, today" if age == 0 else f"{day}, in the future"
