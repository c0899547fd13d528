"""Genuine bytes that are no event, because they are not what the spec says: kept, for HaloPay has no list call."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import attrs

from halopay_kit.inbox.failure import kept
from halopay_kit.inbox.identity import column
from halopay_kit.inbox.stored import kept_headers

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FIELDS: Final = ("app_id", "received_at", "signed_at", "headers", "body", "problem", "digest")
_LONGEST: Final = 1000  # characters of a problem


@attrs.frozen(kw_only=True)
class OffSpec:
    """A webhook whose signature is right and whose `body` is not what the spec says, for the reason in `problem`."""

    app_id: str
    received_at: float
    signed_at: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = attrs.field(repr=False)
    problem: str

    @property
    def digest(self) -> bytes:
        """Return what its body is told apart by."""
        return sha256(self.body).digest()


def keep(connection: Connection, deliveries: Sequence[OffSpec]) -> None:
    """Write each body that is not there yet; HaloPay sends it up to sixteen times, and one of them says it all."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    statement = (
        f"INSERT INTO halopay_unknown ({', '.join(_FIELDS)}) "  # noqa: S608  # our own names
        f"VALUES ({', '.join([mark] * len(_FIELDS))}) ON CONFLICT DO NOTHING"
    )
    for each in sorted(deliveries, key=lambda each: each.digest):  # two writers meet in the same order
        connection.exec_driver_sql(statement, _row(each))


def _row(each: OffSpec) -> tuple[str | float | bytes, ...]:
    return (
        column(each.app_id),
        each.received_at,
        each.signed_at,
        kept_headers(each.headers),
        each.body,
        kept(each.problem[:_LONGEST]),
        each.digest,
    )
