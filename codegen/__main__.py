"""The command: `python -m codegen generate | check | changes | drift | update`."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from codegen.docs.command import drift
from codegen.update import update

_ROOT = Path(__file__).parent.parent
_SPEC = _ROOT / "spec" / "halopay.yaml"
_OUT = _ROOT / "generated" / "halopay_api"
_spec = click.option(
    "--spec", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=_SPEC, help="The spec to read."
)
_out = click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=_OUT, help="The directory of the package."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Generate `halopay_api` from the spec, and keep the spec up with HaloPay's documentation."""


main.add_command(drift)
main.add_command(update)


@main.command()
@_spec
@_out
def generate(spec: Path, out: Path) -> None:
    """Write the package anew; the whole directory is replaced.

    \b
    Examples:
      python -m codegen generate
      python -m codegen generate --spec changed.yaml --out halopay_api_changed
    """
    from codegen import tree

    files = _files(spec)
    tree.replace(out, files)
    click.echo(f"{out}: {len(files)} files")


@main.command()
@_spec
@_out
def check(spec: Path, out: Path) -> None:
    """Exit 1 if the package is not what the spec generates, and name every file.

    \b
    Examples:
      python -m codegen check
      python -m codegen check --spec changed.yaml
    """
    from codegen import tree

    differences = tree.compare(out, _files(spec))
    for difference in differences:
        click.echo(str(difference), err=True)
    if differences:
        click.echo(f"{out} is not what {spec} generates; run `make generate`.", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"{out}: as generated")


@main.command()
@click.argument("old")
@click.argument("new", required=False)
@_spec
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option("--changelog", "form", flag_value="changelog", help="Print an entry for CHANGELOG.md.")
@click.option(
    "--into", type=click.Path(dir_okay=False, path_type=Path), help="Write that entry into this CHANGELOG.md."
)
def changes(old: str, new: str | None, spec: Path, form: str | None, into: Path | None) -> None:
    """Say what changed from spec OLD to spec NEW, and what it breaks.

    Each is a file or a git revision; without NEW it is the spec as it stands here. Exit codes: 0 nothing changed or
    nothing that breaks, 3 something breaks, 1 could not read, 2 usage.

    \b
    Examples:
      python -m codegen changes HEAD
      python -m codegen changes v0.1.0 v0.2.0 --json
      python -m codegen changes old.yaml new.yaml --changelog
      python -m codegen changes HEAD --into CHANGELOG.md
    """
    from codegen.changes import changelog, report, revision
    from codegen.changes import changes as compare
    from codegen.changes.change import level
    from codegen.errors import SpecError

    try:
        found = compare(revision.read(old, spec), revision.read(new or str(spec), spec))
    except (revision.Unreadable, SpecError) as error:
        raise _failed(str(error)) from error
    if into is not None:
        try:
            entered = bool(found) and changelog.enter(report.as_changelog(found), into)
        except changelog.NoChangelog as error:
            raise _failed(str(error)) from error
        click.echo(f"{into}: {'an entry more' if entered else 'as it was'}")
        raise click.exceptions.Exit(3 if level(found) == "major" else 0)
    forms = {"json": report.as_json, "changelog": report.as_changelog, None: report.as_text}
    click.echo(forms[form](found))
    if level(found) == "major":
        raise click.exceptions.Exit(3)


def _files(spec: Path) -> dict[str, str]:
    from codegen.docs import ledger
    from codegen.document import read
    from codegen.errors import SpecError
    from codegen.formatting import format_python
    from codegen.render import render

    try:
        files = format_python(render(read(spec)))
        return {**files, "contradictions.json": ledger.bundled(spec.with_name("contradictions.yaml"))}
    except (SpecError, ledger.LedgerError) as error:
        raise _failed(f"{spec}: {error}" if isinstance(error, SpecError) else str(error)) from error


def _failed(text: str) -> click.exceptions.Exit:
    click.echo(text, err=True)
    return click.exceptions.Exit(1)


if __name__ == "__main__":
    gc.disable()  # a second of imports leaves nothing to collect
    main(prog_name="python -m codegen")
