"""All checks, one after the other, of whatever was given."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

import attrs

from halopay_kit.client import BASE_URL
from halopay_kit.connection import Connection, is_loopback
from halopay_kit.doctor import credentials, leaks, probe, spec, store, webhook
from halopay_kit.doctor.check import Check, failed, skipped
from halopay_kit.doctor.credentials import Credentials
from halopay_kit.doctor.gateway import Gateway
from halopay_kit.doctor.probe import Probe
from halopay_kit.errors import ConfigurationError

_GATEWAY = ("address", "clock", "signature", "answers", "unsigned")


@attrs.frozen(kw_only=True)
class Patient:
    """What is examined.

    Attributes:
        environ: the environment, with HALOPAY_APP_ID, HALOPAY_APP_KEY and, where there are several, HALOPAY_APP_KEYS.
        base_url: HaloPay's address, or a sandbox's.
        webhook_url: the receiver's, if it is to be tried; `agreed` is asked before one that is not this machine's is.
        inbox: its URL.
        repo: a folder of the repository.
        baseline: a file of accepted drift.
        timeout: seconds for an answer.
    """

    environ: Mapping[str, str] = attrs.field(repr=False)
    base_url: str = BASE_URL
    webhook_url: str | None = None
    inbox: str | None = attrs.field(default=None, repr=False)
    repo: Path
    baseline: str | None = None
    timeout: float = 10.0
    agreed: Callable[[str], bool] = lambda _: False


def examine(
    patient: Patient,
    *,
    clock: Callable[[], float] = time.time,  # noqa: TID251  # the machine's clock is what is examined
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Check]:
    """Yield each check as it is made; HaloPay is sent calls that read, and nothing else. No check holds an AppKey."""
    known, first = credentials.look(patient.environ)
    yield first
    hide = known.needles.hide
    for check in _checks(patient, known, clock, sleep):
        yield attrs.evolve(check, says=hide(check.says), remedy=hide(check.remedy))


def _checks(
    patient: Patient, known: Credentials, clock: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[Check]:
    yield from _gateway(patient, known, clock, sleep)
    inbox, look_up = None, None
    if patient.inbox is not None:
        inbox, look_up = store.examine(patient.inbox)
    yield from _webhook(patient, known, clock, look_up)
    yield inbox or skipped("inbox", "no inbox was named", "Give --inbox URL, or HALOPAY_INBOX.")
    yield from leaks.examine(patient.repo, known.needles, patient.environ)
    today = datetime.datetime.fromtimestamp(clock(), datetime.UTC).date()
    yield spec.version(today)
    yield spec.drift(patient.baseline, today)


def _gateway(
    patient: Patient, known: Credentials, clock: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[Check]:
    try:
        connection = Connection(patient.base_url)
    except ConfigurationError as error:
        yield failed("address", error.problem, error.advice)
        yield from (skipped(name, "there is no address") for name in _GATEWAY[1:])
        return
    try:
        if known.app_id is None or known.app_key is None:
            yield from (skipped(name, "there are no credentials, so nothing was sent") for name in _GATEWAY)
            return
        yield from Gateway(
            connection=connection,
            app_id=known.app_id,
            app_key=known.app_key,
            live=not is_loopback(urlsplit(patient.base_url).hostname or ""),
            clock=clock,
            timeout=patient.timeout,
            sleep=sleep,
        ).examine()
    finally:
        connection.close()


def _webhook(
    patient: Patient, known: Credentials, clock: Callable[[], float], look_up: webhook.LookUp | None
) -> Iterator[Check]:
    def all_skipped(why: str, remedy: str) -> Iterator[Check]:
        return (skipped(name, why, remedy) for name in webhook.NAMES)

    if patient.webhook_url is None:
        yield from all_skipped("no webhook URL was named", "Give --webhook-url URL.")
        return
    try:
        host = probe.host_of(patient.webhook_url)
    except ConfigurationError as error:
        yield failed("webhook-reachable", error.problem, error.advice)
        yield from (skipped(name, "the URL cannot be used") for name in webhook.NAMES[1:])
        return
    if known.app_id is None or known.app_key is None:
        yield from all_skipped("there are no credentials to sign with", "Mend them first.")
        return
    if not is_loopback(host) and not patient.agreed(patient.webhook_url):
        yield from all_skipped("nothing was sent to another machine without a yes", "Say --yes.")
        return
    made = Probe(
        url=patient.webhook_url,
        app_id=known.app_id,
        app_key=known.app_key,
        run=f"{int(clock())}-{token_hex(4)}",
        clock=clock,
        timeout=patient.timeout,
    )
    yield from webhook.examine(made, look_up)
