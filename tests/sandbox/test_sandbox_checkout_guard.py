"""The checkout page and its enemies: forms of other sites, other names for this machine, hostile text."""

from __future__ import annotations

import socket

import pytest

from halopay_kit.sandbox.checkout.merchant import link
from tests.sandbox.payer import Seen

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></textarea></noscript><script>alert(1)</script>",
    "{{ 7 * 7 }}{% for a in b %}",
    "&lt;script&gt;",
    "javascript:alert(1)",
    "\u202egnp.exe \u0000 \ufeff",
    "<!--",
    "W" * 5000,
    "\n" * 5000 + "x",
]


# --- who may post


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Host": "evil.example"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "evil.example:80@127.0.0.1"},
])  # fmt: skip
def test_a_form_of_another_site_does_nothing(payer, native, headers):
    number = native()
    for act in ("pay", "expire"):
        assert payer.post(f"{number}/{act}", how="full", headers=headers).status == 403
    assert payer.state(number)["state"] == "waiting"


def test_a_form_needs_the_token_of_its_own_page(payer, native, hosted):
    number, other = native(), native()
    for token in ("", "x", "é", payer.page(other).inputs["token"], payer.page(number).inputs["token"].upper()):
        assert payer.post(f"{number}/pay", token=token, how="full").status == 403
        assert payer.post(f"{hosted()}/choose", token=token, currency_id="75").status == 403
    assert payer.state(number)["state"] == "waiting"


def test_a_form_of_the_page_itself_is_taken(payer, native):
    for host in (payer.box.base_url.removeprefix("http://"), "localhost:8080", "localhost"):
        headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
        assert payer.post(f"{native()}/pay", how="full", headers=headers).status == 303


def test_the_page_is_for_loopback_names(payer, native):
    number = native()
    for path in (number, f"{number}/state", "static/page.js", "nothing"):
        for host in ("evil.example", "127.0.0.1.evil.example", "127.0.0.1:80:80", "localhost:"):
            answer = payer.get(path, Host=host)
            assert (answer.status, b"<" in answer.data) == (403, False)


@pytest.mark.parametrize(
    "body", [b"\xff", b"token=%FF", b"a=1&" * 100, b"token=1&token=2", b"x" * (1024 * 1024 + 1), b"{}"]
)
def test_a_body_that_is_no_form_does_nothing(payer, native, body):
    number = native()
    answer = payer.pool.request("POST", f"{payer.box.base_url}/checkout/{number}/pay", body=body, redirect=False)
    assert answer.status == 403
    assert payer.state(number)["state"] == "waiting"


def test_a_payer_who_hangs_up_does_no_harm(payer, native, capfd):
    number = native()
    host, _, port = payer.box.base_url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST /checkout/{number}/pay HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\ntoken="
        connection.sendall(head.encode())
    assert payer.state(number)["state"] == "waiting"
    payer.box.stop()
    assert capfd.readouterr() == ("", "")


def test_a_form_for_no_order_is_not_found(payer):
    assert payer.post("nothing/pay", token="x").status == 404


# --- hostile text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_changes_no_tag_of_the_page(payer, hosted, text):
    harmless = dict.fromkeys(("name", "describe", "image", "callback_url"), "harmless")
    for field in harmless:
        tags = payer.page(hosted(**harmless)).tags
        assert payer.page(hosted(**harmless | {field: text})).tags == tags
    numbers = [hosted(out_trade_no=number, **harmless) for number in ("harmless", text)]
    assert payer.page(numbers[1]).tags == payer.page(numbers[0]).tags


def test_text_is_shown_as_it_was_meant_and_not_beyond_measure(payer, hosted):
    page = payer.page(hosted(name="<b>Tea</b> & 茶", describe="W" * 5000))
    assert "<b>Tea</b> & 茶" in page.text
    assert "W" * 801 not in page.text


@pytest.mark.parametrize(("url", "host"), [
    ("https://shop.example/thanks?a=1#b", "shop.example"),
    ("http://127.0.0.1:8000", "127.0.0.1:8000"),
    ("HTTPS://[::1]:1/", "[::1]:1"),
    ("javascript:alert(1)", None),
    ("JaVaScRiPt://shop.example/%0aalert(1)", None),
    ("data:text/html,x", None),
    ("//shop.example", None),
    ("/thanks", None),
    ("https://", None),
    ("https://user@shop.example", None),
    ("https://shop.example\\@evil.example", None),
    ("https://shop.example/\n", None),
    (" https://shop.example", None),
    ("https://shop.example:99999", None),
    ("https://[", None),
    ("https://shöp.example", None),
    ("https://shop.example/" + "x" * 2048, None),
    ("", None),
    (None, None),
])  # fmt: skip
def test_a_payer_is_sent_only_to_plain_web_addresses(url, host):
    assert getattr(link(url), "host", None) == host


def test_the_way_back_is_on_the_page_only_where_it_leads_to_the_web(payer, native):
    url = "https://shop.example/a?b=1&c='\"><script>"
    good, bad = native(redirect_url=url), native(redirect_url="javascript:alert(1)")
    for number in (good, bad):
        payer.box.pay(trade_no=number)
    assert url in payer.page(good).links
    assert [b'http-equiv="refresh"' in payer.get(number).data for number in (good, bad)] == [True, False]
    assert [url for url in payer.page(bad).links if not url.startswith("/checkout/")] == []
    assert "follow" in payer.state(good)["shown"]


def test_the_page_loads_nothing_from_elsewhere_and_has_nothing_inline(payer, hosted):
    number = hosted(name="x", image="https://shop.example/pixel.png", describe="https://shop.example")
    for _ in range(2):
        answer = payer.get(number)
        page = Seen(answer.data.decode())
        assert all(url.startswith("/checkout/") for url in page.links + page.actions)
        assert not [tag for tag, names in page.tags if tag in {"style", "img", "iframe"} or "style" in names]
        assert not [name for _, names in page.tags for name in names if name.startswith("on")]
        payer.post(f"{number}/choose", currency_id="75")


def test_every_answer_forbids_the_browser_everything_else(payer, native):
    number = native()
    answers = [
        payer.get(path) for path in (number, f"{number}/state", "static/page.css", "static/page.js", "nothing", "")
    ]
    answers += [payer.post(f"{number}/pay", how="part", amount="x"), payer.post(f"{number}/pay", how="full")]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"


def test_neither_key_nor_control_token_is_on_the_page(payer, native):
    number = native()
    for path in (number, f"{number}/state"):
        answer = payer.get(path).data
        assert b"testAppKey" not in answer
        assert payer.box.control_token.encode() not in answer
