"""Pages that were saved in a folder, by their addresses or by their names in the spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from codegen.docs.page import Page, Site
from codegen.docs.reading import form

_ENDINGS = (".html", ".htm", ".md", ".mdx", ".markdown", ".txt", ".text")
_LARGEST = 20_000_000


@attrs.frozen
class Folder:
    """What a folder holds: pages, what is not there, and files that are no page which the spec knows."""

    pages: tuple[Page, ...]
    absent: tuple[str, ...]
    strange: tuple[str, ...]


def read(folder: Path, site: Site) -> Folder:
    """Read a folder. A page's file is called as its address ends, or as the spec calls it.

    A language is a folder (`ko/native.html`) or stands before the ending (`native.ko.html`); without it the page is in
    English. Raises: OSError.
    """
    pages: dict[tuple[str, str], Page] = {}
    strange = []
    for path in sorted(_files(folder)):
        found = _which(path.relative_to(folder), site)
        if found is None or found in pages:
            strange.append(path.relative_to(folder).as_posix())
        else:
            pages[found] = _page(path, *found, site)
    absent = [key for key in site.paths if (key, "en") not in pages]
    return Folder(tuple(pages.values()), tuple(absent), tuple(strange))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in _ENDINGS)


def _which(path: Path, site: Site) -> tuple[str, str] | None:
    names: Mapping[str, str] = {address.rpartition("/")[2]: key for key, address in site.paths.items()}
    parts = [*path.parts[:-1], path.name[: -len(path.suffix)]]
    if parts[-1] == "index" and len(parts) > 1:
        parts.pop()
    stem, _, language = parts[-1].rpartition(".")
    if stem and language in site.locales:
        parts[-1] = stem
    else:
        language = next((part for part in parts[:-1] if part in site.locales), "en")
    key = parts[-1] if parts[-1] in {*site.paths, *site.beside} else names.get(parts[-1])
    return None if key is None else (key, language)


def _page(path: Path, key: str, locale: str, site: Site) -> Page:
    url = site.address(key, locale)
    if path.stat().st_size > _LARGEST:
        return Page(key=key, locale=locale, url=url, trouble="it is too large")
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return Page(key=key, locale=locale, url=url, trouble="it is not UTF-8")
    return Page(key=key, locale=locale, url=url, form=form(content), content=content)
