"""`halopay guide`: which of HaloPay's products it takes, by the words that people use."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent
from typing import TYPE_CHECKING, Any

import click

from halopay_kit.cli import output

if TYPE_CHECKING:
    from halopay_kit.guide import Advice, Question, Route, Table


@click.command
@click.argument("words", nargs=-1)
@click.option("--snippet", is_flag=True, help="Print the code alone, of the one product that the words name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(words: tuple[str, ...], snippet: bool, as_json: bool) -> None:
    """Say which of HaloPay's products it takes, in WORDS of your own; without any, show the whole decision tree.

    Names the product, its operations and what a call of each may do, code that runs, and what is still to be clarified.
    Where the words are vague, or name products that exclude each other, it asks instead of guessing. Exit codes: 0
    something was understood, 1 nothing was.

    \b
    halopay guide customers pay on our own page
    halopay guide "redirect, as little front-end work as possible"
    halopay guide hosted checkout --snippet | python -
    """
    from halopay_kit.guide import ask, table

    text, tree = " ".join(words), table()
    if not text.strip():
        if snippet:
            raise click.UsageError("--snippet needs words, such as one of " + ", ".join(tree.routes))
        output.say_json({"tree": _branch(tree, tree.start)}) if as_json else _show_tree(tree)
        return
    exact = tree.routes.get(text.strip())
    advice = ask(text) if exact is None else _of(exact)
    if snippet:
        _only(advice)
    elif as_json:
        output.say_json(_as_json(text, advice, tree))
    else:
        _tell(advice, tree)
    if advice.verdict == "unknown":
        raise click.exceptions.Exit(output.NOT_DONE)


def _of(route: Route) -> Advice:
    from halopay_kit.guide import Advice

    return Advice(verdict="clear", routes=(route,), candidates=(route.id,), heard=(route.id,))


def _only(advice: Advice) -> None:
    """Print one route's code, for a pipe."""
    if advice.verdict == "unknown":
        output.note("None of these words is known.")
        return
    if advice.verdict != "clear":
        named = ", ".join(route.id for route in advice.routes) or ", ".join(advice.candidates)
        raise click.UsageError(f"the words do not name one product; say which: {named}")
    output.say(advice.routes[0].snippet.rstrip())


def _tell(advice: Advice, tree: Table) -> None:
    if advice.verdict == "unknown":
        output.note("None of these words is known. This is the whole tree; say it in words of it.")
        output.say()
        _show_tree(tree)
        return
    output.say(f"{click.style('Understood:', dim=True)} {output.plain('; '.join(advice.heard))}")
    if len(advice.routes) > 1:
        output.say(
            "The words name several products; each stands for itself. Which of them is meant is asked at the end."
        )
    for route in advice.routes:
        output.say()
        _tell_route(route)
    for question in advice.questions:
        output.say()
        _tell_question(question, advice, tree)
    if not advice.routes and not advice.questions:
        output.say()
        _show_tree(tree)
    for text in advice.notes:
        output.say()
        output.say(f"{click.style('Note:', bold=True)} {text}")


def _tell_route(route: Route) -> None:
    output.say(f"{click.style(route.product, bold=True)}: {route.scenario}")
    if rows := _calls(route):
        output.say()
        output.table([(row["name"], row["effect"], row["known"], row["summary"]) for row in rows], _HEAD)
        for effect in dict.fromkeys(row["effect"] for row in rows):
            output.say(f"  {click.style(effect, bold=True)}: {_means(effect)}")
    output.say()
    if route.extra:
        output.say(click.style(f"  # pip install 'halopay-kit[{route.extra}]'", dim=True))
    output.say(indent(route.snippet.rstrip(), "  "))
    _list("Mind", route.mind)
    _list("To clarify", route.questions)
    _list("Read on", route.read)


_HEAD = ("operation", "effect", "known from", "what it does")


def _list(title: str, lines: Sequence[str]) -> None:
    output.say()
    output.say(click.style(title, bold=True))
    for line in lines:
        output.say(f"  - {line}")


def _tell_question(question: Question, advice: Advice, tree: Table) -> None:
    output.say(click.style(question.ask, bold=True))
    open_choices = [
        choice for choice in question.choices if any(r.id in advice.candidates for r in tree.below(choice.leads))
    ]
    width = max(len(choice.says) for choice in open_choices)
    for choice in open_choices:
        below = [route for route in tree.below(choice.leads) if route.id in advice.candidates]
        where = f"halopay guide {below[0].id}" if len(below) == 1 else ", ".join(route.product for route in below)
        output.say(f"  - {choice.says.ljust(width)}  {click.style(where, fg='cyan')}")


def _show_tree(tree: Table) -> None:
    output.say(click.style(tree.questions[tree.start].ask, bold=True))
    _show_branches(tree, tree.start, "")
    output.say()
    output.say("`halopay guide hosted` tells more of one; words of your own do as well.")


def _show_branches(tree: Table, fork: str, before: str) -> None:
    choices = tree.questions[fork].choices
    for choice in choices:
        last = choice is choices[-1]
        line = f"{before}{'└─' if last else '├─'} {choice.says}"
        route = tree.routes.get(choice.leads)
        if route is None:
            output.say(f"{line}. {click.style(tree.questions[choice.leads].ask, bold=True)}")
            _show_branches(tree, choice.leads, before + ("   " if last else "│  "))
        else:
            calls = ", ".join((*route.operations, *route.webhooks)) or "signed headers"
            output.say(f"{line} → {click.style(route.id, fg='cyan')} ({calls})")


def _branch(tree: Table, node: str) -> dict[str, Any]:
    if node in tree.routes:
        return _route(tree.routes[node])
    fork = tree.questions[node]
    answers = [{"says": choice.says, **_branch(tree, choice.leads)} for choice in fork.choices]
    return {"ask": fork.ask, "excludes": fork.excludes, "answers": answers}


def _as_json(text: str, advice: Advice, tree: Table) -> dict[str, Any]:
    told: dict[str, Any] = {
        "asked": text,
        "verdict": advice.verdict,
        "heard": advice.heard,
        "products": [_route(route) for route in advice.routes],
        "questions": [
            {
                "ask": question.ask,
                "answers": [
                    {"says": choice.says, "products": products}
                    for choice in question.choices
                    if (products := [r.id for r in tree.below(choice.leads) if r.id in advice.candidates])
                ],
            }
            for question in advice.questions
        ],
        "notes": advice.notes,
    }
    return told | ({"tree": _branch(tree, tree.start)} if advice.verdict == "unknown" else {})


def _route(route: Route) -> dict[str, Any]:
    return {
        "id": route.id,
        "product": route.product,
        "scenario": route.scenario,
        "operations": [{**row, "means": _means(row["effect"])} for row in _calls(route)],
        "snippet": route.snippet,
        "extra": route.extra,
        "mind": route.mind,
        "questions": route.questions,
        "read": route.read,
    }


def _calls(route: Route) -> list[dict[str, str]]:
    """Return what a route calls, and what calls back, from the spec."""
    from halopay_api.operations import OPERATIONS
    from halopay_api.policy import WEBHOOK_ROUTES

    found = [OPERATIONS[name] for name in route.operations]
    rows = [
        {"name": each.name, "path": each.path, "effect": each.effect, "known": each.provenance, "summary": each.summary}
        for each in found
    ]
    known = {f"webhook.{each.webhook.replace('-', '_')}": each.provenance for each in WEBHOOK_ROUTES}
    return rows + [
        {"name": name, "path": "", "effect": "webhook", "known": known[name], "summary": "HaloPay calls you."}
        for name in route.webhooks
    ]


def _means(effect: str) -> str:
    from halopay_api.policy import ACKNOWLEDGEMENT, EFFECTS

    return EFFECTS[effect].description if effect in EFFECTS else f"Verify it, keep it, answer {ACKNOWLEDGEMENT}."
