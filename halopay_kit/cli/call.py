"""`halopay call`: every operation of the spec, with help made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from halopay_kit.cli import output

if TYPE_CHECKING:
    from halopay_api.operations import Field, Operation
    from halopay_kit.answers import Answer
    from halopay_kit.client import HaloPay
    from halopay_kit.errors import OutcomeUnknown


class _Operations(click.Group):
    """One command for each operation of the spec."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        from halopay_api.operations import OPERATIONS

        return list(OPERATIONS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        from halopay_api.operations import OPERATIONS

        operation = OPERATIONS.get(name)
        return None if operation is None else _command_of(operation)


@click.command(cls=_Operations, subcommand_metavar="OPERATION [KEY=VALUE ...]")
def command() -> None:
    """Call an operation of HaloPay.

    \b
    halopay call currency.app_token_list
    halopay call order.create out_trade_no=T1 currency_id=75 fiat_name=USD fiat_amount=15
    halopay call order.detail out_trade_no=T1 --json
    """


def _command_of(operation: Operation[Any]) -> click.Command:
    names = [field.name for field in operation.fields]

    def complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        name, equals, begun = incomplete.partition("=")
        if not equals:
            return [CompletionItem(f"{known}=") for known in names if known.startswith(incomplete)]
        values = next((field.values for field in operation.fields if field.name == name), ())
        return [CompletionItem(f"{name}={value}") for value in values or () if str(value).startswith(begun)]

    parameters: list[click.Parameter] = [
        click.Argument(["pairs"], nargs=-1, metavar="[KEY=VALUE ...]", shell_complete=complete),
        click.Option(["--json", "as_json"], is_flag=True, help="Print the answer's data as JSON."),
        click.Option(["--base-url"], help="Instead of HALOPAY_BASE_URL or HaloPay's own address."),
        click.Option(["--timeout"], type=float, default=30.0, show_default=True, help="Seconds."),
    ]
    if operation.effect == "moves-money":
        parameters.append(click.Option(["--yes"], is_flag=True, help="Do not ask before real money moves."))

    def act(pairs: tuple[str, ...], as_json: bool, base_url: str | None, timeout: float, yes: bool = False) -> None:
        _act(operation, pairs, as_json=as_json, base_url=base_url, timeout=timeout, yes=yes)

    return click.Command(
        operation.name,
        params=parameters,
        callback=act,
        help=_help(operation),
        short_help=operation.summary,
    )


def _act(
    operation: Operation[Any], pairs: tuple[str, ...], *, as_json: bool, base_url: str | None, timeout: float, yes: bool
) -> None:
    from urllib.parse import urlsplit

    from halopay_kit.cli.environment import client
    from halopay_kit.connection import is_loopback

    values = _values(operation, pairs)
    with client(base_url=base_url, timeout=timeout) as halopay:
        if operation.effect == "moves-money" and not yes and not is_loopback(urlsplit(halopay.base_url).hostname or ""):
            shown = ", ".join(
                f"{field.name}={values[field.name]}"
                for field in operation.fields
                if field.name in values and not field.secret
            )
            question = f"{operation.name} at {halopay.base_url} moves real money: {shown}. Go on?"
            if not output.agreed(question):
                raise click.ClickException("Nothing was sent; --yes goes on without asking.")
        answer = _answer(halopay, operation, values)
    try:
        _show(answer, as_json)
    except OSError as error:
        if operation.effect == "read" or isinstance(error, BrokenPipeError):
            raise
        raise _unknown(
            operation, values, f"it was done, but its result could not be written ({error.strerror})"
        ) from error


def _answer(halopay: HaloPay, operation: Operation[Any], values: dict[str, object]) -> Answer[Any]:
    try:
        return halopay.call(operation, values)
    except KeyboardInterrupt as interrupt:
        if operation.effect == "read":
            raise
        raise _unknown(operation, values, "interrupted before an answer came, it may have been done") from interrupt


def _unknown(operation: Operation[Any], values: dict[str, object], problem: str) -> OutcomeUnknown:
    from halopay_kit.errors import OutcomeUnknown

    number = values.get("out_trade_no")
    return OutcomeUnknown(problem, operation=operation.name, out_trade_no=None if number is None else str(number))


def _show(answer: Answer[Any], as_json: bool) -> None:
    from halopay_api import codec

    many = answer.operation.many
    data = [codec.unstructure(each) for each in answer.data] if many else codec.unstructure(answer.data)
    if as_json:
        output.say_json(data)
    elif isinstance(data, list):
        head = list(dict.fromkeys(name for row in data for name in row))
        output.table([[row.get(name, "") for name in head] for row in data], head)
    else:
        output.fields(data)
    for sentence in answer.drift:
        output.note(f"Beyond the spec: {sentence}")


def _values(operation: Operation[Any], pairs: tuple[str, ...]) -> dict[str, object]:
    kinds = {field.name: field.kind for field in operation.fields}
    values: dict[str, object] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise click.UsageError(f"{pair!r} is not KEY=VALUE; say for example {next(iter(kinds), 'key')}=...")
        if name in values:
            raise click.UsageError(f"{name} is given twice")
        whole = "integer" in kinds.get(name, "") and text.isascii() and text.isdigit() and len(text) < 20
        values[name] = int(text) if whole else text
    return values


def _help(operation: Operation[Any]) -> str:
    lines = [operation.summary, "", f"{operation.description}" if operation.description else "", ""]
    lines += [
        f"POST {operation.path} · effect: {operation.effect} · known from: {operation.provenance} ({operation.source})"
    ]
    if operation.fields:
        lines += ["", "\b", *(_line(field) for field in operation.fields)]
    if operation.requires_one_of:
        lines += ["", f"At least one of {', '.join(operation.requires_one_of)}."]
    example = " ".join(f"{field.name}=..." for field in operation.fields if field.required)
    lines += ["", "\b", f"halopay call {operation.name} {example}".rstrip()]
    return "\n".join(lines)


def _line(field: Field) -> str:
    needed = "required" if field.required else "optional"
    return f"{field.name:<14} {field.kind:<15} {needed}, {field.provenance}: {field.description}"
