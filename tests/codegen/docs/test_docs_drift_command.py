"""`python -m codegen drift`: what it reads, what it says, and its exit codes."""

from __future__ import annotations

import json
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from codegen.__main__ import main
from codegen.docs import fetch
from tests.codegen.docs.looking import SPEC, pages, saved
from tests.codegen.docs.seeds import all_of, by_name

N = by_name()
CHANGED = all_of(N["another type in a webhook"].change, N["a code more"].change)


@pytest.fixture
def spec(tmp_path) -> Path:
    """Hold a copy of the spec and its ledger."""
    folder = tmp_path / "spec"
    folder.mkdir()
    for name in ("halopay.yaml", "contradictions.yaml"):
        shutil.copy(SPEC.with_name(name), folder / name)
    return folder / "halopay.yaml"


@pytest.fixture
def drift(spec):
    def run(*arguments: object) -> Result:
        return CliRunner().invoke(main, ["drift", "--spec", str(spec), *map(str, arguments)])

    return run


@pytest.mark.parametrize("form", ["html", "markdown", "text"])
def test_no_drift_is_0(form, drift, tmp_path):
    done = drift("--pages", saved(tmp_path / "pages", pages(form)))
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("No drift")
    assert "Known contradictions: " in done.stdout


@pytest.mark.parametrize("form", ["html", "markdown", "text"])
def test_drift_is_3_and_says_what_where_and_quotes_it(form, drift, tmp_path):
    done = drift("--pages", saved(tmp_path / "pages", pages(form, CHANGED)))
    assert done.exit_code == 3
    for text in (
        "Breaking: 1",
        "webhook.payment.currency_id: was integer, is string",
        "webhook › Webhook notification › Payment notification",
        "“currency_id | string | Y | Id of the currency.”",
        "spec: /components/schemas/PaymentEvent/properties/currency_id",
        "codes.20011: is a new code: amount below the minimum",
    ):
        assert text in done.stdout


def test_a_page_that_cannot_be_read_is_1_and_is_named(drift, tmp_path):
    folder = saved(tmp_path / "pages", pages("html", CHANGED))
    (folder / "native.html").write_text("<main><h1>Log in</h1><input type=password></main>", "utf-8")
    done = drift("--pages", folder)
    assert done.exit_code == 1
    assert "native: could not read, because it is a login page" in done.stderr
    assert "webhook.payment.currency_id" in done.stdout
    assert "order.create" not in done.stdout


def test_no_page_at_all_is_1(drift, tmp_path):
    done = drift("--pages", tmp_path)
    assert done.exit_code == 1
    assert done.stdout == "No page was read.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--fetch", "--pages", "."),
        ("--pages", "no such folder"),
        ("--pages", ".", "--locale", "xx"),
        ("--pages", ".", "--on", "yesterday"),
        ("--pages", ".", "--on", "2026-13-01"),
        ("--unknown",),
    ],
)
def test_wrong_use_is_2(arguments, drift):
    assert drift(*arguments).exit_code == 2


def test_json_has_everything(drift, tmp_path):
    done = drift("--pages", saved(tmp_path / "pages", pages("html", CHANGED)), "--json")
    told = json.loads(done.stdout)
    assert [each["place"] for each in told["drifts"]] == ["webhook.payment.currency_id", "codes.20011"]
    assert {"id", "kind", "severity", "page", "section", "cell", "pointer", "was", "now"} <= told["drifts"][0].keys()
    assert len({each["known"] for each in told["contradictions"]}) == 9
    assert told["unread"] == []


def test_markdown_is_a_pull_request(drift, tmp_path):
    done = drift("--pages", saved(tmp_path / "pages", pages("html", CHANGED)), "--markdown")
    assert done.stdout.startswith("## Drift")
    assert "| webhook.payment.currency\\_id: was integer, is string; not yet in its example |" in done.stdout


def test_only_some_pages_are_looked_at_and_the_others_are_named(drift, tmp_path):
    folder = saved(tmp_path / "pages", [page for page in pages("html", CHANGED) if page.key == "error-code"])
    done = drift("--pages", folder)
    assert done.exit_code == 3
    assert "codes.20011" in done.stdout
    assert "Not looked at, as they are not there: what-is" in done.stderr


def test_a_page_that_was_accepted_and_is_not_there_now_could_not_be_read(drift, tmp_path):
    folder = saved(tmp_path / "pages", pages("html"))
    assert drift("--pages", folder, "--accept").exit_code == 0
    (folder / "webhook.html").unlink()
    done = drift("--pages", folder)
    assert done.exit_code == 1
    assert "webhook: could not read, because it is not there, and was looked at before" in done.stderr
    assert done.stdout.startswith("No drift")


def test_what_was_accepted_is_not_told_again(drift, spec, tmp_path):
    folder = saved(tmp_path / "pages", pages("html", CHANGED))
    assert drift("--pages", folder, "--accept").exit_code == 3
    assert json.loads(spec.with_name("documentation.json").read_text("utf-8"))["accepted"]
    done = drift("--pages", folder)
    assert done.exit_code == 0
    assert "Accepted before, and still so: 2" in done.stdout
    assert [path.name for path in spec.parent.iterdir() if path.name.startswith(".")] == []


def test_a_contradiction_that_is_accepted_is_in_the_ledger(drift, spec, tmp_path):
    folder, file = (
        saved(tmp_path / "pages", pages("html", N["two pages, two types"].change)),
        spec.with_name("contradictions.yaml"),
    )
    before = file.read_text("utf-8")
    assert drift("--pages", folder, "--accept").exit_code == 3
    after = file.read_text("utf-8")
    assert after.startswith(before)
    assert len(yaml.safe_load(after)) == len(yaml.safe_load(before)) + 1
    done = drift("--pages", folder)
    assert (done.exit_code, "header-x-appid-type" in done.stdout) == (0, True)


def test_the_overlay_carries_the_day_that_it_is_given(drift, tmp_path):
    folder, file = saved(tmp_path / "pages", pages("html", CHANGED)), tmp_path / "found.yaml"
    done = drift("--pages", folder, "--overlay", file, "--on", "2026-07-01")
    assert done.exit_code == 3
    told = yaml.safe_load(file.read_text("utf-8"))
    assert told["info"]["version"] == "2026-07-01"
    assert {action["update"].get("x-read-on", "2026-07-01") for action in told["actions"]} == {"2026-07-01"}


@pytest.mark.parametrize("name", ["contradictions.yaml", "documentation.json", "halopay.yaml"])
def test_what_lies_beside_the_spec_and_cannot_be_read_is_1(name, drift, spec, tmp_path):
    spec.with_name(name).write_text("{", "utf-8")
    done = drift("--pages", saved(tmp_path / "pages", pages("html")))
    assert done.exit_code == 1
    assert name in done.stderr


def test_a_file_that_cannot_be_written_is_1(drift, tmp_path):
    done = drift("--pages", saved(tmp_path / "pages", pages("html", CHANGED)), "--overlay", tmp_path / "no" / "file")
    assert done.exit_code == 1
    assert "Cannot be written" in done.stderr


def test_languages_are_read_beside_english_or_alone(drift, tmp_path):
    folder = saved(tmp_path / "pages", [*pages("html"), *pages("html", locale="ko")])
    assert drift("--pages", folder).exit_code == 0
    assert drift("--pages", folder, "--locale", "ko").exit_code == 0
    assert json.loads(drift("--pages", folder, "--locale", "ko", "--json").stdout)["read"][0].endswith(".ko")


def test_help_has_examples(drift):
    done = drift("--help")
    assert done.exit_code == 0
    assert "python -m codegen drift --pages saved/ --overlay found.yaml" in done.stdout


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(tmp_path):
    """Serve pages as a Docusaurus site does: each a folder with an index."""
    root = tmp_path / "site"
    for page in pages("html", CHANGED):
        path = yaml.safe_load(SPEC.read_text("utf-8"))["x-pages"]["paths"][page.key]
        if path.startswith("/"):
            (root / path[1:]).mkdir(parents=True)
            (root / path[1:] / "index.html").write_text(page.content, "utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", root
    server.shutdown()
    thread.join()
    server.server_close()


def test_pages_are_fetched_from_a_site(drift, site, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "PAUSE", 0)
    url, root = site
    options = ("--fetch", "--site", url, "--locale", "en", "--cache", tmp_path / "cache", "--json")
    done = drift(*options)
    assert done.exit_code == 3, done.stderr
    assert {each["place"] for each in json.loads(done.stdout)["drifts"]} == {
        "webhook.payment.currency_id",
        "codes.20011",
    }
    shutil.rmtree(root / "docs/developer/error-code")
    gone = drift(*options)
    assert gone.exit_code == 1
    assert "error-code: could not read, because the answer is HTTP 404 (it vanished)" in gone.stderr


def test_a_site_that_is_not_there_is_1(drift, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "PAUSE", 0)
    done = drift("--fetch", "--site", "http://127.0.0.1:9", "--locale", "en", "--cache", tmp_path)
    assert done.exit_code == 1
    assert "native: could not read, because " in done.stderr
