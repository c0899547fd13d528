"""The guided path from a changed page to a tested client: `python -m codegen update`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
import yaml

ROOT = Path(__file__).parent.parent
_DONE, _FAILED, _DRIFT = 0, 1, 3
_STEPS = ("drift", "overlay", "review", "generate", "changes", "changelog", "test")
_LEFT = """\
Nothing was changed. Read {overlay}, delete what you do not believe, then go on step by step:
  halopay contract apply {overlay}
  python -m codegen generate
  python -m codegen changes HEAD --into CHANGELOG.md
  make check test"""


@click.command()
@click.option("--fetch", is_flag=True, help="Fetch the pages from the site, one at a time.")
@click.option("--pages", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Read saved pages.")
@click.option("--locale", "locales", multiple=True, help="Only this language (en, fr, ko, …); may be given again.")
@click.option(
    "--overlay",
    type=click.Path(dir_okay=False, path_type=Path),
    default="found.yaml",
    show_default=True,
    help="Where the corrections go.",
)
@click.option("--yes", is_flag=True, help="Apply the corrections without a question.")
def update(fetch: bool, pages: Path | None, locales: tuple[str, ...], overlay: Path, yes: bool) -> None:
    """Bring spec, client and changelog up with HaloPay's pages.

    Seven steps: drift, overlay, review, generate, changes, changelog, test. Each says the command that does it alone.
    Nothing is written into the spec before you have seen the difference and said yes. Exit codes: 0 up to date,
    3 corrections wait for you, 1 something failed, 2 usage.

    \b
    Examples:
      python -m codegen update --fetch
      python -m codegen update --pages saved/ --yes
    """
    if fetch == (pages is not None):
        raise click.UsageError("Give either --fetch or --pages.")
    source = ["--fetch"] if pages is None else ["--pages", str(pages)]
    chosen = [word for locale in locales for word in ("--locale", locale)]
    overlay.unlink(missing_ok=True)
    found = _run("drift", "python", "-m", "codegen", "drift", *source, *chosen, "--overlay", str(overlay))
    if found != _DRIFT:
        raise click.exceptions.Exit(found)
    _correct(overlay, yes=yes)


def _correct(overlay: Path, *, yes: bool) -> None:
    count = _told(overlay)
    if not count:
        click.echo("No correction can be made without a person.", err=True)
        raise click.exceptions.Exit(_DRIFT)
    apply = ("halopay", "contract", "apply", str(overlay), "--spec", _near(ROOT / "spec" / "halopay.yaml"))
    _must("review", *apply, "--dry-run")
    if not (yes or (sys.stdin.isatty() and click.confirm(f"Write {count} corrections into the spec?", err=True))):
        click.echo(_LEFT.format(overlay=overlay), err=True)
        raise click.exceptions.Exit(_DRIFT)
    with tempfile.TemporaryDirectory() as folder:
        _written(apply, Path(folder) / "before.yaml")


def _written(apply: Sequence[str], before: Path) -> None:
    """Correct the spec and what is made from it; the spec is put back where no code can be generated."""
    spec = ROOT / "spec" / "halopay.yaml"
    before.write_bytes(spec.read_bytes())
    _must("review", *apply, quiet=True)
    try:
        _must("generate", "python", "-m", "codegen", "generate")
    except BaseException:
        spec.write_bytes(before.read_bytes())
        click.echo("The spec is as it was.", err=True)
        raise
    changes = ("python", "-m", "codegen", "changes", str(before), _near(spec))
    if _run("changes", *changes) not in (_DONE, _DRIFT):
        raise click.exceptions.Exit(_FAILED)
    if _run("changelog", *changes, "--into", _near(ROOT / "CHANGELOG.md")) not in (_DONE, _DRIFT):
        raise click.exceptions.Exit(_FAILED)
    _must("test", "python", "-m", "pytest", "-n", "auto")
    click.echo("Done. See what is left with `git diff` and `python -m codegen drift`; --accept remembers it.", err=True)


def _told(overlay: Path) -> int:
    """Say what waits for a person, and return how many corrections there are."""
    values = yaml.safe_load(overlay.read_text("utf-8"))
    _say("overlay", str(overlay))
    for remark in values.get("x-halopay-manual", ()):
        click.echo(f"  For a person: {remark['place']}: {remark['found']} {remark['advice']}", err=True)
    return len(values["actions"])


def _must(step: str, *words: str, quiet: bool = False) -> None:
    code = _run(step, *words, quiet=quiet)
    if code != _DONE:
        raise click.exceptions.Exit(_FAILED)


def _run(step: str, *words: str, quiet: bool = False) -> int:
    """Run one step as anybody could, and return its exit code."""
    if not quiet:
        _say(step, " ".join(words))
    here = {"python": sys.executable, "halopay": str(Path(sys.executable).with_name("halopay"))}
    command = [here[words[0]], *words[1:]]
    output = subprocess.DEVNULL if quiet else None
    folder = ROOT if step == "test" else None
    return subprocess.run(command, cwd=folder, stdout=output, check=False).returncode  # noqa: S603 - our own commands


def _near(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _say(step: str, what: str) -> None:
    click.secho(f"\n[{_STEPS.index(step) + 1}/{len(_STEPS)}] {step}: {what}", bold=True, err=True)
