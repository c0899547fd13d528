"""AppId and AppKey as the environment has them: there, and not something else that was pasted."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

from halopay_kit.doctor.check import Check, failed, passed
from halopay_kit.doctor.needles import Needles
from halopay_kit.errors import ConfigurationError
from halopay_kit.signing import AppKey

_APP_ID = re.compile(r"[\x21-\x7e]{1,64}")
_LENGTHS = (16, 17)  # of the AppIds in HaloPay's examples
_NOT_ONE = re.compile(
    r"^(your|my|the|insert|replace)\b.*|^(your|my)[-_ ]?app|change[-_ ]?me|^(todo|secret|none|null|undefined)$"
    r"|^x{3,}$|^\*+$|^<.*>$|^\.\.\.$|^\$|://|^app[-_]?(key|id)$|^halopay_app_",
    re.IGNORECASE,
)
_COPY = "Copy both from the dashboard's appManage page: https://dash.pay.halochat.io/."


@attrs.frozen(kw_only=True)
class Credentials:
    """What can be used of them; None is what is missing or cannot be right."""

    app_id: str | None
    app_key: AppKey | None
    needles: Needles


def look(environ: Mapping[str, str]) -> tuple[Credentials, Check]:
    """Return the credentials of HALOPAY_APP_ID, HALOPAY_APP_KEY and HALOPAY_APP_KEYS, and what is wrong with them."""
    app_id = environ.get("HALOPAY_APP_ID", "")
    key, more = _Secret(environ.get("HALOPAY_APP_KEY", "")), _Secret(environ.get("HALOPAY_APP_KEYS", ""))
    del environ  # from here on a traceback shows no environment
    problems = [f"HALOPAY_APP_ID {problem}" for problem in (_wrong_id(app_id),) if problem]
    app_key, wrong = _app_key(key, app_id)
    problems += [f"HALOPAY_APP_KEY {wrong}"] if wrong else []
    keys = [_Secret(part.partition("=")[2].strip()) for part in more.text.split(",") if "=" in part]
    if more.text and (len(keys) != more.text.count(",") + 1 or not all(each.text for each in keys)):
        problems.append("HALOPAY_APP_KEYS is not id=key,id=key")
    found = Credentials(
        app_id=app_id if not _wrong_id(app_id) else None,
        app_key=app_key,
        needles=Needles(each.text for each in (key, *keys)),
    )
    if problems:
        return found, failed("credentials", "; ".join(problems), _COPY)
    told = "" if len(app_id) in _LENGTHS else f" (HaloPay's examples have {' or '.join(map(str, _LENGTHS))})"
    others = f", and {len(keys)} more" if keys else ""
    return found, passed(
        "credentials",
        f"AppId {app_id[:4]}… of {len(app_id)} characters{told}, AppKey of {len(key.text)}{others}; how an AppKey is "
        "shaped is not documented",
    )


@attrs.frozen
class _Secret:
    """A text that no traceback shows."""

    text: str = attrs.field(repr=False)


def _wrong_id(app_id: str) -> str | None:
    if not app_id:
        return "is not set"
    return _quoted(app_id) or (None if _APP_ID.fullmatch(app_id) else "holds white space or unusual characters")


def _app_key(key: _Secret, app_id: str) -> tuple[AppKey | None, str | None]:
    if not key.text:
        return None, "is not set"
    if problem := _quoted(key.text):
        return None, problem
    if key.text == app_id:
        return None, "is the AppId"
    try:
        return AppKey(key.text), None
    except ConfigurationError as error:
        return None, f"cannot be right: {error.problem}"


def _quoted(text: str) -> str | None:
    if text[0] in "\"'`" or text[-1] in "\"'`":
        return "has quotation marks around it, which are part of it as it stands"
    return "is a placeholder or a reference that nobody resolved" if _NOT_ONE.search(text) else None
