"""Credentials that cannot be right are told before anything is sent; what is known of drift is told with its age."""

from __future__ import annotations

import datetime

import pytest

from halopay_kit.doctor import credentials, spec

TODAY = datetime.date(2026, 12, 1)
RIGHT = {"HALOPAY_APP_ID": "ad4cyr8dpfs9j2u1", "HALOPAY_APP_KEY": "planted-AppKey-0xC0FFEE"}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"HALOPAY_APP_ID": ""}, "HALOPAY_APP_ID is not set"),
        ({"HALOPAY_APP_KEY": ""}, "HALOPAY_APP_KEY is not set"),
        ({"HALOPAY_APP_ID": "ad4cyr8dp fs9j2u1"}, "white space"),
        ({"HALOPAY_APP_KEY": "planted-AppKey-0xC0FFEE\n"}, "white space"),
        ({"HALOPAY_APP_KEY": '"planted-AppKey-0xC0FFEE"'}, "quotation marks"),
        ({"HALOPAY_APP_KEY": "ad4cyr8dpfs9j2u1"}, "is the AppId"),
        ({"HALOPAY_APP_KEY": "your-app-key"}, "placeholder"),
        ({"HALOPAY_APP_KEY": "changeme"}, "placeholder"),
        ({"HALOPAY_APP_KEY": "$SECRET_OF_SHOP"}, "placeholder"),
        ({"HALOPAY_APP_KEY": "op://shop/halopay/key"}, "reference"),
        ({"HALOPAY_APP_KEY": "HALOPAY_APP_KEY=planted"}, "placeholder"),
        ({"HALOPAY_APP_KEY": "pl\u00e4nted-AppKey"}, "no AppKey has"),
        ({"HALOPAY_APP_ID": "<AppId>"}, "placeholder"),
        ({"HALOPAY_APP_KEYS": "a=first-key,second-key"}, "HALOPAY_APP_KEYS"),
        ({"HALOPAY_APP_KEYS": "a="}, "HALOPAY_APP_KEYS"),
    ],
)
def test_what_cannot_be_right_is_told_without_telling_the_key(changed, says):
    found, check = credentials.look(RIGHT | changed)
    assert check.verdict == "failed"
    assert says in check.says
    for key in (changed.get("HALOPAY_APP_KEY", ""), "first-key", "second-key"):
        assert len(key) < 9 or key == RIGHT["HALOPAY_APP_ID"] or key not in f"{check}{found!r}"


def test_right_ones_pass_and_no_part_of_the_key_is_told():
    found, check = credentials.look(RIGHT | {"HALOPAY_APP_KEYS": "b=another-key-here, c=and-another-one"})
    assert check.verdict == "passed"
    assert "and 2 more" in check.says
    assert found.needles.lines(b"x\nanother-key-here\nand-another-one") == [2, 3]
    assert "planted" not in repr((found, check))
    assert "C0FFEE" not in repr((found, check))


# --- what is known of the spec


def test_the_version_of_the_spec_is_told_with_its_age():
    assert "2026.5.22" in spec.version(TODAY).says
    assert "193 days ago" in spec.version(TODAY).says


def baseline(tmp_path, expires: str) -> str:
    file = tmp_path / "accepted.yaml"
    file.write_text(f"- id: a\n  reason: known\n  date: '2026-11-01'\n  expires: '{expires}'\n")
    return str(file)


def test_accepted_drift_says_when_somebody_looked(tmp_path):
    check = spec.drift(baseline(tmp_path, "2027-01-01"), TODAY)
    assert check.verdict == "passed"
    assert "2026-11-01, 30 days ago" in check.says


def test_accepted_drift_that_expired_is_to_be_looked_at_again(tmp_path):
    check = spec.drift(baseline(tmp_path, "2026-11-30"), TODAY)
    assert check.verdict == "failed"
    assert "1 of 1" in check.says


def test_where_nothing_is_known_nothing_is_claimed(tmp_path):
    assert spec.drift(None, TODAY).verdict == "skipped"
    assert spec.drift(str(tmp_path / "none.yaml"), TODAY).verdict == "failed"
    (tmp_path / "bad.yaml").write_text("- {")
    assert spec.drift(str(tmp_path / "bad.yaml"), TODAY).verdict == "failed"
