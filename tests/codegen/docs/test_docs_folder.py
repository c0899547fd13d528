"""Saved pages are found by their addresses or by their names, in every language."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.docs import folder
from codegen.docs.page import Site

SITE = Site(
    "https://docs.example",
    {"native": "/docs/payment-api/native-checkout-integration", "webhook": "/docs/webhook-notification"},
    {"en": "", "ko": "/ko", "zh-Hant": "/zh-Hant"},
    frozenset({"skill"}),
)
HTML = "<!doctype html><main><h1>X</h1><p>x</p></main>"


def saved(place: Path, *names: str) -> folder.Folder:
    for name in names:
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(HTML, "utf-8")
    return folder.read(place, SITE)


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("native.html", ("native", "en")),
        ("native-checkout-integration.html", ("native", "en")),
        ("docs/payment-api/native-checkout-integration/index.html", ("native", "en")),
        ("native.md", ("native", "en")),
        ("native.TXT", ("native", "en")),
        ("native.ko.html", ("native", "ko")),
        ("ko/native.html", ("native", "ko")),
        ("zh-Hant/docs/webhook-notification/index.html", ("webhook", "zh-Hant")),
        ("skill.md", ("skill", "en")),
    ],
)
def test_a_page_is_found(tmp_path: Path, name: str, page: tuple[str, str]) -> None:
    found = saved(tmp_path, name)
    assert [(one.key, one.locale) for one in found.pages] == [page]
    assert found.strange == ()


def test_what_no_page_of_the_site_is_called_is_told(tmp_path: Path) -> None:
    found = saved(tmp_path, "native.html", "notes.md", "picture.png")
    assert found.strange == ("notes.md",)
    assert found.absent == ("webhook",)


def test_the_second_of_two_files_of_a_page_is_told(tmp_path: Path) -> None:
    found = saved(tmp_path, "native.html", "native.md")
    assert len(found.pages) == 1
    assert found.strange == ("native.md",)


def test_a_file_that_is_no_text_says_so(tmp_path: Path) -> None:
    (tmp_path / "native.html").write_bytes(b"\xff\xfe\x00")
    assert folder.read(tmp_path, SITE).pages[0].trouble == "it is not UTF-8"


def test_a_mark_of_byte_order_is_no_content(tmp_path: Path) -> None:
    (tmp_path / "native.html").write_bytes(b"\xef\xbb\xbf" + HTML.encode())
    assert folder.read(tmp_path, SITE).pages[0].content == HTML


def test_an_empty_folder_has_no_pages(tmp_path: Path) -> None:
    found = folder.read(tmp_path, SITE)
    assert (found.pages, found.absent) == ((), ("native", "webhook"))
