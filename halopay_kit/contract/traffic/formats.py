"""Which format a file has, by what stands in it; its name says nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TextIO

import attrs

from halopay_kit.contract.traffic import exports, har, lines, vcr
from halopay_kit.contract.traffic.json_text import JsonText
from halopay_kit.contract.traffic.opened import encoding_of, head_of, opened
from halopay_kit.contract.traffic.recorded import Entry
from halopay_kit.errors import UnreadableTraffic


@attrs.frozen
class Format:
    """A format by its name, and who reads it."""

    name: str
    read: Callable[[TextIO], Iterator[Entry]]


HAR: Final = Format("HAR", har.entries)
VCR_JSON: Final = Format("VCR cassette, JSON", vcr.json_entries)
VCR_YAML: Final = Format("VCR cassette, YAML", vcr.yaml_entries)
LINES: Final = Format("JSON lines", lines.entries)
EXPORT_CSV: Final = Format("inbox export, CSV", exports.csv_entries)

# What a document in JSON is, by a name at its top.
_BY_NAME: Final = {"log": HAR, "interactions": VCR_JSON, "http_interactions": VCR_JSON}
_CASSETTE = re.compile(r"""^(["']?)(http_)?interactions\1[ \t]*:""", re.MULTILINE)
_EXPORT = re.compile(r"id,kind,app_id,.*\bbody\b")
_PARQUET: Final = b"PAR1"
# What people also have at hand, and what to do with it.
_OTHERS: Final = (
    (b"SQLite format 3\x00", "it is a SQLite database", "Export an inbox first: halopay inbox export FILE.parquet."),
    (b"\x1f\x8b", "it is compressed with gzip", "Unpack it first: gunzip FILE."),
    (b"PK\x03\x04", "it is a ZIP archive", "Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd", "Unpack it first."),
    (b"\xd4\xc3\xb2\xa1", "it is a packet capture", "TLS hides HaloPay's traffic there; record a HAR with a proxy."),
    (b"\x0a\x0d\x0d\x0a", "it is a packet capture", "TLS hides HaloPay's traffic there; record a HAR with a proxy."),
)
_FLOWS = re.compile(rb"[0-9]{1,9}:[0-9]{1,9}:")
KNOWN: Final = "HAR, VCR cassettes, JSON lines, reports of Schemathesis and exports of an inbox are read."


def entries(path: Path) -> tuple[str, Iterator[Entry]]:
    """Return a file's format and its entries.

    Raises:
        UnreadableTraffic: it cannot be opened, or has no format that is known here; also while the entries are read.
        ConfigurationError: what reads the format is not installed.
    """
    head = head_of(path)
    if not head.strip():
        raise UnreadableTraffic("it is empty", advice=KNOWN)
    if head.startswith(_PARQUET):
        return "inbox export, Parquet", exports.parquet_entries(path)
    for mark, what, advice in _OTHERS:
        if head.startswith(mark):
            raise UnreadableTraffic(what, advice=advice)
    if _FLOWS.match(head):
        raise UnreadableTraffic(
            "it looks like flows of mitmproxy", advice="Save them as HAR: mitmdump -nr FLOWS --set hardump=FILE.har"
        )
    chosen = _format(path, head.decode(encoding_of(head), "replace").lstrip("\ufeff"))
    return chosen.name, _read(path, chosen)


def _read(path: Path, chosen: Format) -> Iterator[Entry]:
    with opened(path) as file:
        yield from chosen.read(file)


def _format(path: Path, head: str) -> Format:
    if head.lstrip()[:1] == "{":
        return _format_of_json(path)
    if _EXPORT.match(head):
        return EXPORT_CSV
    if _CASSETTE.search(head):
        return VCR_YAML
    raise UnreadableTraffic("it has no format that is known here", advice=KNOWN)


def _format_of_json(path: Path) -> Format:
    """Look at the names of the first object: of a document one says what it is, of a line none does."""
    with opened(path) as file:
        document = JsonText(file)
        names = []
        try:
            for name in document.members():
                if name in _BY_NAME:
                    return _BY_NAME[name]
                names.append(name)
                document.member()
                document.skip()
        except UnreadableTraffic as error:
            if not names:
                raise UnreadableTraffic(f"it is no JSON that can be read: {error.problem}", advice=KNOWN) from error
    return LINES
