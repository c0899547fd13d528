"""`halopay completion`: the completion script of a shell."""

from __future__ import annotations

import click

from halopay_kit.cli import output

_KEY_IS_HALF_A_WORD = '    [[ "${COMPREPLY[0]}" == *= ]] && compopt -o nospace\n    return 0\n'
_EQUALS_PARTS_NO_WORD = "COMP_WORDBREAKS=${COMP_WORDBREAKS//=/}\n"


@click.command
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    \b
    eval "$(halopay completion bash)"
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101  # the choice above names only shells that click knows
    script = found(ctx.find_root().command, {}, "halopay", "_HALOPAY_COMPLETE").source()
    output.say(
        script.replace("    return 0\n", _KEY_IS_HALF_A_WORD) + _EQUALS_PARTS_NO_WORD if shell == "bash" else script
    )
