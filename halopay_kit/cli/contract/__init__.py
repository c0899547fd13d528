"""`halopay contract`: test a target, check traffic, apply corrections."""

from __future__ import annotations

import click

from halopay_kit.cli.group import Group

_COMMANDS = {
    "run": "Test a sandbox or a live HaloPay; what is done where no command is named.",
    "traffic": "Check captured traffic: HAR, cassettes, JSON lines, exports.",
    "apply": "Write an overlay's corrections into the spec.",
    "accept": "Accept drift for a while: later runs report only news.",
}
_DEFAULT = "run"


class _Contract(Group):
    """A group with a default command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.table and args[0] not in self.get_help_option_names(ctx)):
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        run = self.get_command(ctx, _DEFAULT)
        if run is not None:
            run.format_options(click.Context(run, parent=ctx), formatter)
        self.format_commands(ctx, formatter)


@click.group(
    cls=_Contract,
    package=__name__,
    table=_COMMANDS,
    subcommand_metavar="[OPTIONS] | COMMAND [ARGS]...",
    options_metavar="",
)
def command() -> None:
    """Test whether HaloPay keeps the spec, and whether the spec keeps up with HaloPay.

    Without --url it tests a sandbox of its own, which shows what a run looks like. At any address that is not this
    machine's own, and where no sandbox answers, it goes by the rules for live targets: it says first what it will send
    and waits for a yes; it sends right calls that only read, slowly; and never a payout.

    \b
    halopay contract
    halopay contract --quick --report out --overlay found.yaml
    halopay contract --url https://api.pay.halochat.io --trade-no 20250629153045a7b3c9d2e5f8a1b4c6
    halopay contract --url https://api.pay.halochat.io --inbox sqlite:///inbox.sqlite --yes --report out
    halopay contract --drift order.create.amount:renamed
    halopay contract traffic session.har

    Exit codes: 0 the spec is kept, 1 it is broken, 2 usage (nothing was sent), 3 drift only.
    """
