"""How long the reconciliation's page takes to make and to open in Chromium: `python -m benchmarks.reconcile_report`."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from halopay_kit.reconcile.report import html
from tests.browser.conftest import QUIET
from tests.reconcile import sample


def opened(file: Path) -> tuple[float, float]:
    """Return milliseconds from navigation until the table can be used, and until it has answered a search."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        page = browser.new_page()
        began = time.perf_counter()
        page.goto(file.as_uri())
        page.wait_for_function("!document.getElementById('filters').hidden")
        interactive = (time.perf_counter() - began) * 1000
        page.fill("#search", "ORDER-0000042")
        page.press("#search", "Enter")
        page.wait_for_function("document.getElementById('told').textContent.startsWith('1 of')")
        found = (time.perf_counter() - began) * 1000
        browser.close()
    return interactive, found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--breaks", type=int, default=100_000)
    given = parser.parse_args()
    result = sample.result(sample.breaks(given.breaks), subjects=2 * given.breaks, clean=given.breaks)
    began = time.perf_counter()
    text = html(result)
    made = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        size = file.write_text(text, "utf-8") / 1e6
        interactive, found = opened(file)
    print(f"{given.breaks} breaks: page of {size:.1f} MB made in {made:.1f} s")
    print(f"opened in {interactive / 1000:.2f} s (may take 3 s), a first search done at {found / 1000:.2f} s")


if __name__ == "__main__":
    main()
