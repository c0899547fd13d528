"""Turn names and texts of the spec into Python that cannot be anything else."""

from __future__ import annotations

import builtins
import keyword
import re
import textwrap
from collections.abc import Iterable

from codegen.errors import SpecError


class Code(str):
    """Mark text that may stand in a Python file; templates print nothing else."""

    __slots__ = ()


_RESERVED = frozenset(
    {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "cls", "timeout", "extra", "attrs"}
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*")
_LONG = 90
# What may stand unescaped. A table, as what `str.isprintable` says grows with each Python; no format characters in it.
_PLAIN = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u024f\u0391-\u03c9\u0410-\u044f\u2010-\u2027\u2030-\u205e\u20ac\u2190-\u21ff"
    "\u3001-\u3029\u3041-\u3096\u30a1-\u30fe\u4e00-\u9fa5\uac00-\ud7a3\uff01-\uff5e]*"
)
# Names that the generated modules use for themselves.
_TAKEN_CLASSES = frozenset(
    [
        "Any",
        "Api",
        "Callable",
        "Code",
        "Decimal",
        "Effect",
        "Enum",
        "EncodeError",
        "DecodeError",
        "Field",
        "Final",
        "Generic",
        "IntEnum",
        "Iterable",
        "Iterator",
        "Literal",
        "Mapping",
        "Money",
        "OpenIntEnum",
        "OpenStrEnum",
        "Operation",
        "Path",
        "Protocol",
        "Route",
        "Send",
        "Sequence",
        "Shape",
        "StrEnum",
        "T",
        "TypeVar",
        "UnknownEvent",
        "WebhookEvent",
    ]
)


def attribute(name: str, pointer: str) -> Code:
    """Name an attribute or a parameter: snake case; a trailing underscore keeps it apart from what Python needs."""
    words = _WORDS.findall(name) if name.isascii() else []
    if not words:
        raise SpecError(pointer, f"no Python name can be made of {name!r}")
    made = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    if made != made.lower():
        made = "_".join(words).lower()
    if made[0].isdigit():
        made = f"n_{made}"
    return Code(f"{made}_" if made in _RESERVED else made)


def class_name(name: str, pointer: str) -> Code:
    """Name a class: the words of the name, each with a capital."""
    words = re.findall(r"[A-Za-z0-9]+", name) if name.isascii() else []
    made = "".join(word[0].upper() + word[1:] for word in words)
    if not made or made[0].isdigit():
        raise SpecError(pointer, f"no class name can be made of {name!r}")
    if made in _TAKEN_CLASSES or made in _RESERVED:
        raise SpecError(pointer, f"the generated code needs the name {made!r} for itself")
    return Code(made)


def constant(text: str, pointer: str) -> Code:
    """Name a member of an enum after its value."""
    made = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").upper() if text.isascii() else ""
    if not made:
        raise SpecError(pointer, f"no member name can be made of {text!r}; give it one: x-values.<value>.name")
    return Code(f"V_{made}" if made[0].isdigit() else made)


def given_constant(name: object, pointer: str) -> Code:
    """Take a member name that the spec gives, if it is one."""
    if not isinstance(name, str) or not _CONSTANT.fullmatch(name):
        raise SpecError(pointer, f"not a name for a member, which is like PARAMETER_ERROR: {name!r}")
    return Code(name)


def literal(value: object) -> Code:
    """Write a value as Python: text, numbers, flags, None, and tuples of them."""
    if isinstance(value, tuple):
        return Code(f"({''.join(literal(item) + ', ' for item in value)})")
    if isinstance(value, str):
        return Code(ascii(str(value))) if len(value) <= _LONG else _pieces(value)
    if value is None or isinstance(value, bool | int):
        return Code(repr(value))
    raise TypeError(f"no literal for {type(value).__name__}")


def _pieces(text: str) -> Code:
    """Write a long text as several literals that Python joins."""
    pieces = [""]
    for word in re.split("(?<= )", text):
        if pieces[-1] and len(pieces[-1]) + len(word) > _LONG:
            pieces.append("")
        pieces[-1] += word
    return Code(f"({' '.join(ascii(piece) for piece in pieces)})")


def docstring(text: str, indent: int = 4) -> Code:
    """Write text as a docstring; text that could end it or hide something is written as an escaped literal."""
    paragraphs = text.split("\n")
    plain = all(_PLAIN.fullmatch(line) for line in paragraphs)
    if not plain or "\\" in text or '"""' in text or text.endswith('"'):
        return Code(ascii(text))
    pad = " " * indent
    if len(paragraphs) == 1 and len(text) + indent + 6 <= 120:
        return Code(f'"""{text}"""')
    lines: list[str] = []
    for paragraph in paragraphs:
        hang = " " * (len(paragraph) - len(paragraph.lstrip(" ")) + 4) if paragraph.startswith(" ") else ""
        lines += textwrap.wrap(
            paragraph, 114 - indent, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
        ) or [""]
    body = "\n".join(f"{pad}{line}" if line else "" for line in lines)
    return Code(f'"""{body.lstrip(" ")}\n{pad}"""')


def clean(text: object, pointer: str) -> str:
    """Bring a description onto one line."""
    if not isinstance(text, str):
        raise SpecError(pointer, "expected text")
    return " ".join(text.split())


def unique(names: Iterable[tuple[Code, str]]) -> None:
    """Refuse two names of the spec that became one in Python."""
    seen: dict[str, str] = {}
    for name, pointer in names:
        if name in seen:
            raise SpecError(pointer, f"becomes {str(name)!r} in Python, as {seen[name]} does")
        seen[name] = pointer
