"""Reconcile: read, match, judge, and tell each difference with its evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from decimal import localcontext
from typing import Any

import attrs

from halopay_kit import __version__
from halopay_kit.errors import ConfigurationError, HaloPayError, ReconciliationFailed
from halopay_kit.reconcile.breaks import Evidence, of_balance, of_entry, of_payout, of_subject
from halopay_kit.reconcile.columns import Input
from halopay_kit.reconcile.engines import TABLES, backend, staging
from halopay_kit.reconcile.judging import judged, outcome_of
from halopay_kit.reconcile.mapping import Mapping
from halopay_kit.reconcile.matching import Claimed, Keep, claimed, numbered
from halopay_kit.reconcile.reading import Read, empty, read
from halopay_kit.reconcile.result import Break, Count, Result
from halopay_kit.reconcile.rollforward import RollForward, rolled
from halopay_kit.reconcile.settings import EXACT, Settings

Progress = Callable[[str], object]
_INPUTS: tuple[Input, ...] = ("ledger", "events", "payouts", "balances")


def reconcile(
    *,
    ledger: Any,
    events: Any,
    payouts: Any = None,
    balances: Any = None,
    mapping: Mapping | None = None,
    settings: Settings | None = None,
    engine: str = "duckdb",
    memory: str | None = None,
    previous: Iterable[Break] | None = None,
    progress: Progress = lambda _: None,
) -> Result:
    """Compare the ledger with what HaloPay told; return every difference.

    An input is a file (CSV, Parquet), a table of a database as `URL#table`, or a dataframe of pandas, polars or
    pyarrow; `events` is an export of the inbox, `payouts` one of the payout journal. `mapping` names the ledger's
    columns, which are guessed otherwise. `engine` is `duckdb`, `pyspark`, or a URL that Ibis connects to; `memory`
    bounds DuckDB's, as `4GB`. `previous` are the breaks of an earlier run. `progress` is told what is done now.

    Raises:
        UnreadableInput: an input has values that cannot be read exactly.
        ConfigurationError: an input or the engine is not there, or a setting cannot be right.
        ReconciliationFailed: the engine failed.
    """
    settings = settings or Settings()
    given: dict[Input, Any] = {"ledger": ledger, "events": events, "payouts": payouts, "balances": balances}
    for missing in (name for name, source in (("ledger", ledger), ("events", events)) if source is None):
        raise ConfigurationError(f"there is no {missing} to reconcile")
    try:
        with localcontext(EXACT), staging(memory) as connection:
            inputs = []
            for what in _INPUTS:
                if given[what] is None:
                    empty(connection, what)
                    continue
                progress(f"reading {what}")
                known = mapping if what == "ledger" else None
                inputs.append(read(connection, given[what], what, mapping=known, timezone=settings.timezone))
            keys = _keys(connection)
            as_of = _as_of(connection, settings)
            with backend(engine, connection) as running, ExitStack() as kept:
                tables = {name: running.table(name) for name in TABLES}

                def keep(expression: Any) -> Any:
                    return kept.enter_context(expression.cache())

                return _compared(tables, inputs, keys, as_of, settings, engine, previous, progress, keep)
    except HaloPayError:
        raise
    except Exception as error:
        if isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):  # DuckDB wraps Ctrl-C
            raise KeyboardInterrupt from None
        raise ReconciliationFailed(f"the engine failed: {type(error).__name__}: {_first_line(error)}") from error


def _compared(
    tables: dict[str, Any],
    inputs: Sequence[Read],
    keys: frozenset[str],
    as_of: float,
    settings: Settings,
    engine: str,
    previous: Iterable[Break] | None,
    progress: Progress,
    keep: Keep,
) -> Result:
    progress("matching")
    journal = tables["payouts"] if any(each.what == "payouts" for each in inputs) else None
    found = claimed(tables["ledger"], tables["events"], journal, keys=keys, keep=keep)
    progress("judging")
    marked = judged(found, tables["ledger"], tables["payouts"], settings, round(as_of * 1_000_000), keep)
    rows = marked.to_pyarrow().to_pylist()
    progress("looking up the evidence")
    evidence = _evidence(marked, found, tables)
    breaks: list[Break] = []
    for row in rows:
        row["txid"] = evidence.txids.get(row["subject"])
        breaks += of_subject(row, evidence, settings, as_of)
    breaks += [of_entry(row, settings, as_of) for row in _unmatched_entries(found, tables)]
    breaks += [of_payout(row, settings, as_of) for row in _open_payouts(found, tables)]
    progress("rolling the balances forward")
    roll_forward = tuple(_explained(each, breaks) for each in rolled(tables, settings))
    breaks += [of_balance(each, as_of) for each in roll_forward if each.rest]
    breaks = _named(breaks, tables)
    breaks.sort(key=lambda each: each.order)
    breaks, resolved = _compared_with(previous, breaks)
    subjects = int(found.subjects.count().to_pyarrow().as_py())
    return Result(
        breaks=tuple(each for each in breaks if not each.timing),
        timing=tuple(each for each in breaks if each.timing),
        roll_forward=roll_forward,
        counts=_counts(found, inputs, roll_forward),
        subjects=subjects,
        clean=subjects - len(rows),
        as_of=as_of,
        engine=engine if "://" not in engine else engine.partition("://")[0],
        version=__version__,
        settings=settings,
        inputs=tuple(inputs),
        resolved=resolved,
    )


def _keys(connection: Any) -> frozenset[str]:
    names = ("trade_no", "out_trade_no", "txid")
    counted = connection.execute(f"SELECT {', '.join(f'count({name})' for name in names)} FROM ledger").fetchone()  # noqa: S608  # ours
    return frozenset(name for name, number in zip(names, counted, strict=True) if number)


def _as_of(connection: Any, settings: Settings) -> float:
    if settings.as_of is not None:
        return settings.as_of
    columns = {
        "ledger": ("booked_at",),
        "events": ("event_time", "received_at"),
        "payouts": ("changed_at",),
        "balances": ("at",),
    }
    latest = [
        connection.execute(f'SELECT max("{column}") FROM {table}').fetchone()[0]  # noqa: S608  # ours
        for table, names in columns.items()
        for column in names
    ]
    return max((moment for moment in latest if moment is not None), default=0) / 1_000_000


def _evidence(marked: Any, found: Claimed, tables: dict[str, Any]) -> Evidence:
    keys = marked.select("kind", "app_id", "number", "subject")
    events = numbered(tables["events"]).select("kind", "app_id", "number", "id", "txid")
    told = events.join(keys, ["kind", "app_id", "number"]).select("subject", "id", "txid").to_pyarrow()
    claims = found.entries.rows.semi_join(keys, "subject").select("_row", "subject")
    entries = claims.join(tables["ledger"].select("_row", "entry_id"), "_row").to_pyarrow()
    subjects = told["subject"].to_pylist()
    txids: dict[int, str] = {}
    for subject, txid in zip(subjects, told["txid"].to_pylist(), strict=True):
        txids[subject] = max(txids.get(subject, ""), txid or "")
    return Evidence(
        events=_grouped(zip(subjects, told["id"].to_pylist(), strict=True)),
        txids={subject: txid for subject, txid in txids.items() if txid},
        entries=_grouped((row["subject"], row["entry_id"] or f"row {row['_row']}") for row in entries.to_pylist()),
    )


def _grouped(pairs: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for subject, each in pairs:
        found[subject].append(each)
    for ids in found.values():
        ids.sort()
    return found


def _unmatched_entries(found: Claimed, tables: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entries with money that claim nothing, with what the journal says of a payout of theirs."""
    journal = tables["payouts"]
    free = found.entries.free
    entries = free.filter(free.amount.notnull() & (free.amount != 0))
    said = journal.filter(journal.out_trade_no.notnull()).select(
        "out_trade_no",
        journal_row="_row",
        journal_amount="amount",
        journal_outcome=outcome_of(journal),
        journal_status="status",
        journal_address="address",
    )
    rows = entries.left_join(said, "out_trade_no").to_pyarrow().to_pylist()
    for row in rows:
        if row["kind"] != "payout":
            row["journal_row"] = None
    kept = {row["_row"]: row for row in rows}
    return [row for row in kept.values() if row["journal_row"] is None or _differs(row)]


def _differs(row: dict[str, Any]) -> bool:
    return bool(row["journal_outcome"] == "done" and abs(row["amount"]) != row["journal_amount"])


def _open_payouts(found: Claimed, tables: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the payouts that the journal does not know the end of, and those done of which nothing else tells."""
    if found.journal is None:
        return []
    journal = tables["payouts"].mutate(meant=outcome_of(tables["payouts"]))
    unresolved = journal.filter(journal.meant.isin(["unknown", "needs-review", "sending"]))
    free = journal.semi_join(found.journal.free.select("_row"), "_row")
    untold = free.filter((free.meant == "done") & free.status.isnull())
    return [*unresolved.to_pyarrow().to_pylist(), *untold.to_pyarrow().to_pylist()]


def _named(breaks: list[Break], tables: dict[str, Any]) -> list[Break]:
    """Give breaks the token and chain of their currency where what they are about does not tell."""
    known: dict[int, tuple[str, str | None]] = {}
    for name in ("ledger", "events", "balances"):  # who comes later knows better
        table = tables[name]
        rows = table.filter(table.currency_id.notnull() & table.token.notnull())
        told = rows.group_by("currency_id").agg(token=rows.token.max(), least=rows.token.min(), chain=rows.chain.max())
        for row in told.to_pyarrow().to_pylist():
            if row["token"] == row["least"]:
                known[row["currency_id"]] = (row["token"], row["chain"])
    named = []
    for each in breaks:
        token, chain = known.get(each.currency_id or 0, (None, None))
        named.append(attrs.evolve(each, token=each.token or token, chain=each.chain or chain))
    return named


def _explained(each: RollForward, breaks: Sequence[Break]) -> RollForward:
    if not each.rest:
        return each
    fits = [
        found.id
        for found in breaks
        if found.at_stake == abs(each.rest) and found.currency_id in (each.currency_id, None)
    ]
    return attrs.evolve(each, explained_by=tuple(fits))


def _compared_with(
    previous: Iterable[Break] | None, breaks: list[Break]
) -> tuple[list[Break], tuple[Break, ...] | None]:
    if previous is None:
        return breaks, None
    before = {each.id: each for each in previous}
    now = {each.id for each in breaks}
    told = [attrs.evolve(each, news="aged" if each.id in before else "new") for each in breaks]
    return told, tuple(each for each in before.values() if each.id not in now)


def _counts(found: Claimed, inputs: Sequence[Read], roll_forward: Sequence[RollForward]) -> tuple[Count, ...]:
    counts = []
    for each in inputs:
        if each.what == "ledger":
            matched = int(found.entries.rows.count().to_pyarrow().as_py())
            free = found.entries.free
            unmatched = int(free.filter(free.amount.fill_null(0) != 0).count().to_pyarrow().as_py())
        elif each.what == "events":
            claims = found.entries.rows.select("subject")
            if found.journal is not None:
                claims = claims.union(found.journal.rows.select("subject"))
            matched = int(found.subjects.semi_join(claims, "subject")["rows"].sum().to_pyarrow().as_py() or 0)
            moneyed = found.subjects.filter((found.subjects.collected > 0) | found.subjects.paid)
            unmatched = int(moneyed.anti_join(claims, "subject")["rows"].sum().to_pyarrow().as_py() or 0)
        elif each.what == "payouts":
            matched = 0 if found.journal is None else int(found.journal.rows.count().to_pyarrow().as_py())
            unmatched = each.rows - matched
        else:
            matched, unmatched = 2 * len(roll_forward), 0
        counts.append(
            Count(
                what=each.what,
                name=each.name,
                read=each.rows,
                matched=matched,
                unmatched=unmatched,
                unused=each.rows - matched - unmatched,
            )
        )
    return tuple(counts)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "")[:200]
