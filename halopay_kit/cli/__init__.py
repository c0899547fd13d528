"""The command `halopay`: commands parse, functions act, `output` prints and exits."""

from __future__ import annotations

import click

from halopay_kit import __version__
from halopay_kit.cli.group import Group

_COMMANDS = {
    "call": "Call an operation of HaloPay.",
    "completion": "Print the completion script of a shell.",
    "contract": "Test whether HaloPay keeps the spec, and the spec keeps up with HaloPay.",
    "demo": "See the whole story against a sandbox.",
    "doctor": "Verify an integration before it goes live.",
    "guide": "Say which product it takes, in words of your own.",
    "inbox": "Look into the inbox, work on its events, send them again.",
    "payout": "Pay out at most once: a journal, files of payouts, evidence.",
    "receive": "Take webhooks into the inbox.",
    "reconcile": "Compare the ledger with what HaloPay told.",
    "sandbox": "Run a HaloPay of your own on this machine.",
    "sign": "Sign a body, as HaloPay or a merchant would.",
    "spec": "Show how well each part of HaloPay's wire is known.",
    "sweep": "Query what no webhook told.",
    "verify": "Verify the signature of a body.",
}


class _Commands(Group):
    """The commands; a reader of their output that has seen enough is no error."""

    def invoke(self, ctx: click.Context) -> None:
        from halopay_kit.cli.output import ignore_a_closed_pipe

        with ignore_a_closed_pipe():
            super().invoke(ctx)


@click.group(
    cls=_Commands,
    package=__name__,
    table=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Credentials come from HALOPAY_APP_ID and HALOPAY_APP_KEY, the address from HALOPAY_BASE_URL. "
    "Exit codes: 0 done, 1 not done, 2 usage, 3 outcome unknown.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def halopay() -> None:
    """Talk to HaloPay, or to a HaloPay of your own."""


def main() -> None:
    """Run the command."""
    from halopay_kit.cli.output import run

    run(halopay)
