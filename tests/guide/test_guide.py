"""Words lead to products: HaloPay's own routing, and what people type besides."""

from __future__ import annotations

import random
import string
import subprocess
import sys

import pytest

from halopay_api.operations import OPERATIONS
from halopay_kit.guide import Question, Route, ask, table
from halopay_kit.guide.words import distance, folded, stem
from tests.receiver.test_frameworks import over_asgi

ROUTING = {  # of HaloPay's integration guide, each word by itself
    "hosted": (
        "hosted", "hosted page", "simplest", "quick start", "pre-create", "entrust", "redirect payment",
        "little front-end work, redirect to a page",
    ),
    "native": (
        "native", "self-built", "custom checkout", "order/create", "order/detail", "API integration",
        "own payment page, full control",
    ),
    "payout": ("withdraw", "payout", "transfer", "send funds", "send funds out"),
    "static-qr": ("static QR code", "fixed payment address", "payment-qr-code", "fixed address or QR code"),
    "tokens": ("token list", "supported currencies", "app-token-list"),
    "rates": ("exchange rate", "price query", "exchange rates"),
    "balance": ("balance", "account balance"),
    "webhooks": ("webhook", "callback", "async notification", "notifications"),
    "signature": ("sign", "signature", "HMAC", "appid", "appkey", "signing"),
}  # fmt: skip
SAID = {
    "customers pay on our own page": "native",
    "Our clients should be able to pay inside our mobile app": "native",
    "payment page of our own design": "native",
    "we forward buyers to HaloPay's page": "hosted",
    "no code, please": "hosted",
    "we do not want to build our own page": "hosted",
    "customers pay on our page, not a redirect": "native",
    "pay our suppliers every month": "payout",
    "pay out winnings to players": "payout",
    "refund a customer": "payout",
    "donations via a QR sticker": "static-qr",
    "one address per customer": "static-qr",
    "which coins can we take": "tokens",
    "how much is 1 TRX in EUR": "rates",
    "how much money do we have": "balance",
    "how do I know that an order was paid?": "webhooks",
    "code 10008": "signature",
    "POST /api/payout/create": "payout",
    "halopay.currency.app_token_list()": "tokens",
    "hsoted checkuot": "hosted",
    "wtihdraw": "payout",
    "blance of our acount": "balance",
    "WEBHOOKS!!!": "webhooks",
    "we\u2019d like withdrawals": "payout",
    "\u6536\u94f6\u53f0": "hosted",
    "\u63d0\u73fe": "payout",
    "QR\u30b3\u30fc\u30c9": "static-qr",
    "\u6c47\u7387": "rates",
    "retrait": "payout",
}
VAGUE = {
    "pay": "start",
    "money": "start",
    "integrate HaloPay": "start",
    "accept payments": "page",
    "our customers should pay": "page",
    "I want to sell on my website": "page",
    "customers transfer USDT to us": "page",
    "checkout": "page",
    "hosted or our own page?": "page",
    "we want to know something": "know",
}


@pytest.mark.parametrize(("word", "route"), [(word, route) for route, words in ROUTING.items() for word in words])
def test_each_word_of_halopay_s_routing_leads_to_its_product(word, route):
    advice = ask(word)
    assert advice.verdict == "clear"
    assert [each.id for each in advice.routes] == [route]


@pytest.mark.parametrize(("words", "route"), SAID.items())
def test_what_people_type_leads_to_the_product(words, route):
    assert [each.id for each in ask(words).routes] == [route]


@pytest.mark.parametrize(("words", "question"), VAGUE.items())
def test_vague_words_are_answered_with_a_question_and_no_guess(words, question):
    advice = ask(words)
    assert advice.verdict == "vague"
    assert [each.id for each in advice.questions] == [question]
    assert advice.routes == ()


def test_what_is_settled_is_told_beside_what_is_to_be_clarified():
    advice = ask("accept payments from customers, and send payouts to sellers")
    assert [each.id for each in advice.routes] == ["payout"]
    assert [each.id for each in advice.questions] == ["page"]


def test_several_products_are_told_each_for_itself():
    advice = ask("a hosted page, and payouts to sellers")
    assert advice.verdict == "several"
    assert {each.id for each in advice.routes} == {"hosted", "payout"}
    assert [each.id for each in advice.questions] == ["start"]


def test_what_was_ruled_out_is_no_candidate():
    advice = ask("customers pay, but we don't want a hosted page")
    assert advice.verdict == "vague"
    assert "hosted" not in advice.candidates
    assert "native" in advice.candidates


@pytest.mark.parametrize(
    "words", ["asdf qwerty", "banana weather", "42", "\U0001f4a5", "???", "the of and", "\0", "\udcff"]
)
def test_nonsense_is_not_understood(words):
    assert ask(words).verdict == "unknown"


def test_noise_never_fails_and_seldom_means_anything():
    drawn = random.Random(9)
    words = ["".join(drawn.choices(string.ascii_lowercase, k=drawn.randint(3, 9))) for _ in range(1000)]
    assert sum(ask(word).verdict != "unknown" for word in words) < 20
    assert ask(" ".join(words) * 50).verdict in {"vague", "several", "clear", "unknown"}


@pytest.mark.parametrize(
    ("words", "says"), [("refund", "a refund is a payout"), ("visa", "no cards"), ("sepa", "bank")]
)
def test_what_there_is_not_is_said(words, says):
    assert any(says in note for note in ask(words).notes)


# --- the table


def routes() -> list[Route]:
    return list(table().routes.values())


def test_the_tree_reaches_every_route_once_and_every_operation_has_one():
    tree = table()
    assert sorted(route.id for route in tree.below(tree.start)) == sorted(tree.routes)
    assert list(tree.routes) == list(ROUTING)
    assert {name for route in routes() for name in route.operations} == set(OPERATIONS)


def test_no_phrase_of_the_table_says_nothing_or_holds_a_word_that_is_passed_over():
    lexicon = table().lexicon
    nodes: list[Route | Question] = [*routes(), *table().questions.values()]
    for node in nodes:
        for phrase in (*node.signals.words, *node.signals.faint, *node.signals.hints):
            words = folded(phrase.written.removeprefix("no ")).split()
            assert phrase.stems, phrase
            assert not set(words) & (lexicon.stop | lexicon.negations), phrase
            heard = ask(phrase.written)
            assert heard.verdict != "unknown", phrase


def test_no_synonym_is_read_as_two_things():
    lexicon = table().lexicon
    assert not set(lexicon.synonyms) & set(lexicon.synonyms.values()) - {
        word for word, meant in lexicon.synonyms.items() if word == meant
    }


@pytest.mark.parametrize("route", routes(), ids=lambda route: route.id)
def test_a_snippet_runs_against_a_sandbox(route, shared_box, tmp_path):
    environ = {"PATH": "/usr/bin", **shared_box.environ()}
    done = subprocess.run(
        [sys.executable, "-c", route.snippet], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert done.stderr == ""
    for name in route.operations:
        if route.id != "webhooks":
            group, _, method = name.partition(".")
            assert f".{group}.{method}(" in route.snippet or name in ("order.exchange_rates", "currency.token_list")


def test_the_snippet_of_webhooks_takes_one_in_and_hands_it_on(box, tmp_path, monkeypatch, capsys, halopay):
    monkeypatch.chdir(tmp_path)
    for name, value in box.environ().items():
        monkeypatch.setenv(name, value)
    made: dict = {}
    exec(table().routes["webhooks"].snippet, made)  # noqa: S102  # as a user would
    with made["inbox"] as inbox, over_asgi(made["app"]) as port:
        halopay.order.create(
            out_trade_no="T-1", currency_id=75, token_amount="5", callback_url=f"http://127.0.0.1:{port}/"
        )
        box.pay(out_trade_no="T-1")
        box.clock.advance("1s")
        assert inbox.consume(made["fulfil"], transaction=True, until_empty=True).done == 1
        made["app"].close()
    assert "T-1 PAID 5" in capsys.readouterr().out


def test_no_snippet_moves_money_outside_of_a_sandbox():
    for route in routes():
        if any(OPERATIONS[name].effect == "moves-money" for name in route.operations if f".{name}(" in route.snippet):
            assert "from_env() as" not in route.snippet
            assert "Sandbox()" in route.snippet


# --- words


@pytest.mark.parametrize(
    ("one", "other"),
    [("payments", "pay"), ("hosted", "host"), ("currencies", "currency"), ("balances", "balance"),
     ("simplest", "simple"), ("addresses", "address"), ("rates", "rate"), ("selling", "sell"), ("boxes", "box")],
)  # fmt: skip
def test_a_word_and_its_endings_have_one_stem(one, other):
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [("ab", "ba", 1), ("hosted", "hsoted", 1), ("a", "abc", 2), ("", "ab", 2), ("same", "same", 0)],
)
def test_a_distance_counts_letters(one, other, far):
    assert distance(one, other) == distance(other, one) == far
