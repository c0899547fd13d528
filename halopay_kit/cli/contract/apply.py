"""`halopay contract apply`: write an overlay's corrections into the spec."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from halopay_kit.cli import output

if TYPE_CHECKING:
    from halopay_kit.contract.overlay import Applied, Overlay

_COLORS = {"+": "green", "-": "red", "@": "cyan"}
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("apply")
@click.argument("overlay", type=_FILE)
@click.option("--spec", type=_FILE, default="spec/halopay.yaml", show_default=True, help="The spec to correct.")
@click.option("--dry-run", is_flag=True, help="Show the difference, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(overlay: Path, spec: Path, dry_run: bool, as_json: bool) -> None:
    """Write the corrections of OVERLAY, an OpenAPI Overlay, into the spec, and show the difference.

    The spec's comments, order and lines stay; only what is corrected changes. What cannot be done safely is refused,
    and nothing is written then. Applied a second time, an overlay changes nothing. What needs a person is listed.

    \b
    halopay contract --url https://api.pay.halochat.io --overlay found.yaml
    halopay contract apply found.yaml --dry-run
    halopay contract apply found.yaml
    make generate

    Exit codes: 0 applied, or nothing to do; 1 refused; 2 usage.
    """
    from halopay_kit.contract import overlay as overlays

    read = overlays.read(overlays.text_of(overlay))
    done = overlays.apply(overlays.text_of(spec), read)
    is_written = not dry_run and done.after != done.before
    if is_written:
        overlays.replace(spec, done.before.encode(), done.after)
    if as_json:
        _say_json(read, done, spec, is_written=is_written)
    else:
        _say(read, done, spec, is_written=is_written)


def _say_json(overlay: Overlay, done: Applied, spec: Path, *, is_written: bool) -> None:
    output.say_json(
        {
            "spec": str(spec),
            "written": is_written,
            "changed": done.changed,
            "without_effect": list(done.without_effect),
            "manual": [remark.as_values() for remark in overlay.manual],
            "diff": done.diff(spec.as_posix()),
        }
    )


def _say(overlay: Overlay, done: Applied, spec: Path, *, is_written: bool) -> None:
    for line in done.diff(spec.as_posix()).split("\n")[:-1]:
        output.say(click.style(output.plain(line), fg=_COLORS.get(line[:1])))
    if overlay.target is not None and "not HaloPay" in overlay.description:
        output.note(f"This was seen at {overlay.target}, which is not HaloPay.")
    for target in done.without_effect:
        output.note(f"Without effect, it is in the spec already or selects nothing: {target}")
    for remark in overlay.manual:
        output.note(f"Needs a person: {remark.place}: {remark.found} {remark.advice}")
    if done.after == done.before:
        output.note(f"Nothing to do: {spec} is as it was.")
    elif is_written:
        output.note(f"{done.changed} corrections are in {spec}. Now: make generate, and make check test.")
    else:
        output.note(f"{done.changed} corrections; nothing was written.")
