"""`halopay sandbox`: run a HaloPay of your own on this machine, or play scenarios on one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from halopay_kit.cli import control, live, output, world

if TYPE_CHECKING:
    from halopay_kit.sandbox import Sandbox


@click.group(invoke_without_command=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="0 takes a free one.")
@click.option("--seed", type=int, help="The same seed gives the same ids, addresses and AppKey.")
@click.option("--state", metavar="FILE", help="Keep everything in this file, and go on from it.")
@click.option("--webhook-url", metavar="URL", help="Where webhooks go whose order names no callback_url.")
@click.option("--fault", "faults", multiple=True, metavar="WHERE:KIND=HOW", help="Go wrong on purpose.")
@click.option("--drift", multiple=True, metavar="WHERE:KIND", help="Answer as a HaloPay that changed.")
@click.option("--start", metavar="TIME", help="Let time stand still from here on, but for `halopay sandbox advance`.")
@click.option(
    "--real-time", "speed", type=float, is_flag=False, flag_value=1.0, metavar="[FACTOR]", help="Let time fly."
)
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME|FILE", help="Play a scenario and end; `all`.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines: first address and credentials, then events.")
@click.pass_context
def command(
    ctx: click.Context, /, scenarios: tuple[str, ...], as_json: bool, faults: tuple[str, ...], **made: Any
) -> None:
    """Run a HaloPay of your own on this machine until Ctrl-C; nothing in it is real money.

    It checks AppId, signature and timestamp of every call, signs its answers, and delivers webhooks on HaloPay's
    schedule. With a subcommand, act on one that runs: HALOPAY_BASE_URL and HALOPAY_SANDBOX_TOKEN say which. `world`
    needs none: it makes days of business to try reconciliation on.

    \b
    halopay sandbox --webhook-url http://127.0.0.1:9000/webhook
    halopay sandbox --fault payout.create:cut_after=1 --state shop.sqlite
    halopay sandbox --scenario all
    halopay sandbox pay --out-trade-no T1 --amount 5
    halopay sandbox advance 3h
    """
    if ctx.invoked_subcommand is not None:
        return
    if scenarios:
        ctx.exit(_play(scenarios, as_json))
    from halopay_kit.sandbox import Sandbox

    def announce(box: Sandbox) -> None:
        environ = {**box.environ(), "HALOPAY_SANDBOX_TOKEN": box.control_token}
        if as_json:
            output.say(json.dumps(environ))
        else:
            output.say("# HaloPay, in a box. Paste these where you call it from:")
            for name, value in environ.items():
                output.say(f"export {name}={value}")
            output.note("Running; Ctrl-C ends it.")
        box.record.listen(live.as_json if as_json or not output.is_terminal() else live.as_line)

    box = Sandbox(webhooks_signed_at="machine", **{name: value for name, value in made.items() if value is not None})
    for fault in faults:
        box.faults.add_text(fault)
    box.serve(announce)


def _play(names: tuple[str, ...], as_json: bool) -> int:
    from halopay_kit.sandbox.scenario.scenario import Scenario

    failed = 0
    for name in Scenario.names() if names == ("all",) else names:
        scenario = Scenario.load(name)
        result = scenario.run()
        failed += not result.passed
        if as_json:
            steps = [{"step": each.text, "problem": each.problem} for each in result.steps]
            output.say(json.dumps({"scenario": result.name, "passed": result.passed, "steps": steps}))
            continue
        output.say(f"{output.verdict(result.passed)} {click.style(result.name, bold=True)}: {scenario.about}")
        for each in result.steps:
            output.say(f"    {each.text}" + (f"  ← {each.problem}" if each.problem else ""))
    return output.NOT_DONE if failed else output.DONE


control.add_to(command)
command.add_command(world.command)
