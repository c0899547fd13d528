"""One judge for everything that was seen: live runs, sandboxes, recordings, inboxes."""

from __future__ import annotations

from collections.abc import Sequence

from halopay_kit.contract.exchange import Observed
from halopay_kit.contract.finding import Finding
from halopay_kit.contract.judge.court import Court, Judgement
from halopay_kit.contract.judge.spec import Spec
from halopay_kit.errors import ConfigurationError
from halopay_kit.signing import AppKey

__all__ = ["Judgement", "Spec", "judge", "look"]


def look(observed: Observed, *, app_key: AppKey | Sequence[AppKey] | None, spec: Spec | None = None) -> Judgement:
    """Judge what was seen by the spec, the bundled one where none is given.

    Without a key signatures are not judged, which is noted. Several are for a time in which a key is changed.

    Raises:
        ConfigurationError: a key that is no AppKey.
    """
    keys = (app_key,) if isinstance(app_key, AppKey) else tuple(app_key or ())
    del app_key
    if not all(isinstance(key, AppKey) for key in keys):
        del keys  # or this frame would show it in a traceback
        raise ConfigurationError("the key is no AppKey", advice="Make one: AppKey(text).")
    return Court(observed, keys, spec or Spec.bundled()).judge()


def judge(observed: Observed, *, app_key: AppKey | Sequence[AppKey] | None, spec: Spec | None = None) -> list[Finding]:
    """Return what was found, the gravest first."""
    try:
        return list(look(observed, app_key=app_key, spec=spec).findings)
    finally:
        del app_key  # it may be the text itself, and this frame may be shown in a traceback
