"""Options that several payout commands take, and what is made of them."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from halopay_kit.client import HaloPay
    from halopay_kit.payouts import Payouts, Policy

Command = Callable[..., Any]

_PATIENCE = 120.0  # seconds that a command has for its code


def journal_option(command: Command) -> Command:
    """Add the option that names the journal, as the argument `url`."""
    return click.option(
        "--journal",
        "url",
        metavar="URL",
        envvar="HALOPAY_JOURNAL",
        required=True,
        help="A file, sqlite:///… or postgresql://…, perhaps the inbox's; HALOPAY_JOURNAL when not given.",
    )(command)


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")

_ASKING = (
    click.option(
        "--inbox", "inbox_url", metavar="URL", envvar="HALOPAY_INBOX", help="Believe the payout webhooks in it, too."
    ),
    click.option("--base-url", help="Instead of HALOPAY_BASE_URL or HaloPay's own address."),
    click.option("--timeout", type=float, default=30.0, show_default=True, help="Seconds for an answer."),
    click.option(
        "--settle-window",
        type=click.FloatRange(0, 1e8),
        default=3600.0,
        show_default=True,
        help="Seconds for which HaloPay must not know a payout before that counts as not done.",
    ),
    click.option(
        "--settle-queries",
        type=click.IntRange(1, 1000),
        default=5,
        show_default=True,
        help="How many times it must say so, spread over the window.",
    ),
)

_SENDING = (
    click.option(
        "--deduplicates",
        is_flag=True,
        help="You know that HaloPay refuses an out_trade_no twice: send again what it did not know.",
    ),
    click.option("--cap", metavar="AMOUNT", help="The most of one payout: 500, or 75=500,73=20 by currency."),
    click.option("--daily-cap", metavar="AMOUNT", help="The most of a currency on one day (UTC), likewise."),
    click.option("--allow", metavar="FILE", help="Pay only to these addresses, one a line."),
    click.option("--google-code", is_flag=True, help="Ask for a Google Authenticator code for each payout."),
    click.option("--google-code-command", metavar="COMMAND", help="Or run this, which prints one."),
    click.option("--dry-run", is_flag=True, help="Send nothing, write nothing, say what would be done."),
    click.option("--yes", is_flag=True, help="Do not ask before money moves."),
)


def asking(command: Command) -> Command:
    """Add the options of whoever asks HaloPay."""
    return _added(command, _ASKING)


def sending(command: Command) -> Command:
    """Add the options of whoever sends payouts, beside those of `asking`."""
    return _added(command, (*_ASKING, *_SENDING))


def _added(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def opened(url: str, given: dict[str, Any], *, create: bool) -> Iterator[tuple[Payouts, HaloPay]]:
    """Open what the options name; `given` are the values of `asking` or `sending`.

    A dry run makes no journal.
    """
    from halopay_kit.cli.environment import client
    from halopay_kit.errors import ConfigurationError
    from halopay_kit.inbox import Inbox
    from halopay_kit.payouts import Journal, Payouts, Settings

    policy = policy_of(given)
    settings = Settings(
        settle_window=given["settle_window"],
        settle_queries=given["settle_queries"],
        deduplicates=given.get("deduplicates", False),
    )
    with ExitStack() as stack:
        halopay = stack.enter_context(client(base_url=given["base_url"], timeout=given["timeout"]))
        try:
            journal = stack.enter_context(Journal(url, create=create))
        except ConfigurationError as error:
            if not given.get("dry_run") or "there is no " not in error.problem:
                raise
            nowhere = stack.enter_context(TemporaryDirectory())  # a dry run makes no journal where there is none
            journal = stack.enter_context(Journal(f"{nowhere}/journal.sqlite"))
        inbox = stack.enter_context(Inbox(given["inbox_url"], create=False)) if given["inbox_url"] else None
        yield Payouts(halopay, journal, inbox, policy, settings=settings), halopay


def policy_of(given: dict[str, Any]) -> Policy:
    """Return the policy of the options."""
    from halopay_kit.payouts import Policy

    if given.get("google_code") and given.get("google_code_command"):
        raise click.UsageError("--google-code and --google-code-command are two ways; take one")
    google: Callable[[], str] | None = None
    if given.get("google_code"):
        google = _prompted
    elif given.get("google_code_command"):
        google = _Printed(given["google_code_command"])
    return Policy(
        per_payout=_caps("--cap", given.get("cap")),
        per_day=_caps("--daily-cap", given.get("daily_cap")),
        allow=None if given.get("allow") is None else _addresses(given["allow"]),
        google=google,
        dry_run=given.get("dry_run", False),
    )


def _prompted() -> str:
    return str(click.prompt("Google Authenticator code", hide_input=True, err=True))


class _Printed:
    """A command that prints a code; what it prints is in no error."""

    def __init__(self, command: str) -> None:
        try:
            self._command = shlex.split(command)
        except ValueError as error:
            raise click.UsageError(f"--google-code-command: {error}") from None
        if not self._command:
            raise click.UsageError("--google-code-command: there is no command")

    def __call__(self) -> str:
        from halopay_kit.errors import PolicyViolation

        try:
            done = subprocess.run(  # noqa: S603  # the merchant's own
                self._command, stdout=subprocess.PIPE, timeout=_PATIENCE, check=False, text=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise PolicyViolation(f"the command for the code failed ({type(error).__name__})") from None
        if done.returncode:
            raise PolicyViolation(f"the command for the code ended with {done.returncode}")
        return done.stdout.strip()


def _caps(option: str, text: str | None) -> Any:
    if text is None or "=" not in text:
        return text
    caps: dict[int, str] = {}
    for pair in text.split(","):
        currency, _, amount = pair.partition("=")
        if not currency.strip().isascii() or not currency.strip().isdigit() or len(currency) > 18:
            raise click.UsageError(f"{option}: {pair!r} is not CURRENCY_ID=AMOUNT")
        caps[int(currency)] = amount.strip()
    return caps


def _addresses(file: str) -> list[str]:
    try:
        text = Path(file).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--allow: {file} cannot be read ({type(error).__name__})") from error
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
