"""`halopay spec contradictions`: evidence, probe and verdict of each entry of the ledger."""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner

from halopay_kit.cli import halopay
from halopay_kit.errors import ConfigurationError
from tests.conftest import ROOT

LEDGER = yaml.safe_load((ROOT / "spec/contradictions.yaml").read_text("utf-8"))


def shown(*arguments: str):
    return CliRunner().invoke(halopay, ["spec", "contradictions", *arguments])


def test_each_entry_is_shown_with_evidence_probe_and_verdict():
    text = shown().stdout
    for entry in LEDGER:
        assert f"{entry['id']}: {entry['subject']}" in text
        assert all(said["claim"] in text for said in entry["says"])
        assert entry.get("probe", f"none: {entry.get('no-probe')}") in text


def test_json_has_every_entry_and_says_that_nothing_is_settled_yet():
    rows = json.loads(shown("--json").stdout)
    assert [row["id"] for row in rows] == [entry["id"] for entry in LEDGER]
    assert all(row["verdict"].startswith("open") for row in rows)


def test_a_contract_run_brings_verdicts(tmp_path):
    report = tmp_path / "report.json"
    verdict = {"entry": "fiat-count", "settled": "settled", "says": "23 of the 23 fiats are taken"}
    report.write_text(json.dumps({"target": "https://api.example.org", "ledger": [verdict]}))
    rows = {row["id"]: row for row in json.loads(shown("--json", "--report", str(report)).stdout)}
    assert rows["fiat-count"]["verdict"] == "settled: 23 of the 23 fiats are taken (https://api.example.org)"
    assert rows["expiry"]["verdict"].startswith("open")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"target": "x", "ledger": [1]}', '{"target": "x", "ledger": 1}'])
def test_a_report_that_is_none_is_refused(text, tmp_path):
    report = tmp_path / "report.json"
    report.write_text(text)
    assert isinstance(shown("--report", str(report)).exception, ConfigurationError)


def test_a_report_goes_with_contradictions_only(tmp_path):
    report = tmp_path / "report.json"
    report.write_text("{}")
    assert CliRunner().invoke(halopay, ["spec", "--report", str(report)]).exit_code == 2
