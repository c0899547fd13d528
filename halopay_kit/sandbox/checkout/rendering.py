"""Turning looks at orders into HTML; the template engine and the QR encoder are imported with the first page."""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

# What the page loads, by name; nothing else of the folder is served.
STATIC = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


def render(template: str, **values: object) -> bytes:
    """Return a page; every value is escaped."""
    return _environment().get_template(template).render(values).encode()


@functools.lru_cache(maxsize=256)
def qr_code(address: str) -> Markup:
    """Return the address as a QR code, an SVG element without styles that is dark on light in any theme."""
    import segno
    from markupsafe import Markup

    picture = segno.make(address, error="m", micro=False)
    return Markup(picture.svg_inline(border=4, dark="#111", light="#fff", omitsize=True))  # noqa: S704  # of our own


@functools.cache
def static(name: str) -> bytes:
    """Return one file of STATIC."""
    return files(__package__).joinpath("static", name).read_bytes()


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
