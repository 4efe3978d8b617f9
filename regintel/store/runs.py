"""Runs of sources: what was fetched, how it went, and what to ask with next time."""

import json
from collections.abc import Iterable

from regintel import __version__
from regintel.items import Problem, Response
from regintel.orders import TRIES, Due, Listed, Validator
from regintel.records import Run
from regintel.store.database import Index, Row
from regintel.vocabulary import RunState


def add_run(index: Index, run: Run, responses: Iterable[Response], problems: Iterable[Problem]) -> None:
    """Write a run with its evidence; to be called inside a transaction."""
    index.insert("runs", {
        "id": run.id, "source": run.source, "started": run.started, "finished": run.finished, "state": run.state,
        "reason": run.reason, "baseline": run.baseline, "listed": run.listed, "items": run.items, "counts": run.counts,
        "requests": run.requests, "not_modified": run.not_modified, "seconds": run.seconds, "software": __version__,
    })  # fmt: skip
    for response in responses:
        index.insert("responses", {"run": run.id, **response.model_dump()})
    for problem in problems:
        index.insert("problems", {"run": run.id, **problem.model_dump()})


def last_healthy(index: Index, source: str) -> Run | None:
    """Return the source's last run that was ok, or none."""
    row = index.row("SELECT * FROM runs WHERE source = ? AND state = 'ok' ORDER BY rowid DESC LIMIT 1", [source])
    return _run(row) if row else None


def last_run(index: Index, source: str) -> Run | None:
    """Return the source's last run, however it went, or none."""
    row = index.row("SELECT * FROM runs WHERE source = ? ORDER BY rowid DESC LIMIT 1", [source])
    return _run(row) if row else None


def first_healthy_finish(index: Index, source: str) -> str | None:
    """Return when a source was first read: its baseline; none where it never was."""
    row = index.row("SELECT min(finished) AS at FROM runs WHERE source = ? AND state = 'ok'", [source])
    return row["at"] if row else None


def newest_finish(index: Index) -> str | None:
    """Return when the newest run of any source ended, however it went; none before the first."""
    row = index.row("SELECT max(finished) AS at FROM runs")
    return row["at"] if row else None


def recent_runs(index: Index, source: str) -> list[Run]:
    """Return the source's runs from its last healthy one on, newest first."""
    sql = """
        SELECT * FROM runs
        WHERE source = :source AND rowid >= coalesce(
            (SELECT max(rowid) FROM runs WHERE source = :source AND state = 'ok'), 0)
        ORDER BY rowid DESC"""
    return [_run(row) for row in index.rows(sql, {"source": source})]


def problems_of(index: Index, run: str) -> list[Problem]:
    """Return what a run did not understand."""
    sql = 'SELECT source, kind, message, url, "key" FROM problems WHERE run = ? ORDER BY id'
    return [Problem(**row) for row in index.rows(sql, [run])]


def validators(index: Index, source: str) -> dict[str, Validator]:
    """Return for each page the response that holds its bytes, as healthy runs of this source know it.

    A failed run's responses are evidence, but nothing was concluded from them: their pages are asked for anew.
    """
    sql = """
        SELECT asked.url, max(asked.fetched_at) AS checked_at, coalesce(asked.refers_to, asked.id) AS holder
        FROM responses AS asked JOIN runs ON runs.id = asked.run
        WHERE runs.source = ? AND runs.state = 'ok' AND asked.method = 'GET' AND asked.status IN (200, 304)
        GROUP BY asked.url"""
    asked = list(index.rows(sql, [source]))
    holders = json.dumps([row["holder"] for row in asked])
    held_sql = "SELECT * FROM responses WHERE status = 200 AND id IN (SELECT value FROM json_each(?))"
    held = {row["id"]: row for row in index.rows(held_sql, [holders])}
    return {
        row["url"]: Validator(response=_response(held[row["holder"]]), checked_at=row["checked_at"])
        for row in asked
        if row["holder"] in held
    }


def listed(index: Index, source: str) -> dict[str, Listed]:
    """Return the rows that the source's last healthy listing held, by key."""
    sql = 'SELECT "key", url, touched FROM sightings WHERE source = ? AND closed_at IS NULL'
    return {row["key"]: Listed(url=row["url"], touched=row["touched"]) for row in index.rows(sql, [source])}


IN_VAIN = "(problems.kind IN ('missing', 'layout', 'value', 'not_text') OR problems.kind LIKE 'pdf_%')"
"""Problems of a document that asking again may not mend. That a host could not be reached counts for nothing."""


def tries(index: Index, source: str) -> dict[str, int]:
    """Return for how many healthy runs a document was asked for in vain since its row last moved, by its key."""
    sql = f"""
        SELECT problems."key", count(DISTINCT problems.run) AS n
        FROM problems JOIN runs ON runs.id = problems.run AND runs.state = 'ok'
        WHERE problems.source = ? AND problems."key" IS NOT NULL AND {IN_VAIN}
          AND runs.started >= coalesce((
            SELECT max(versions.at) FROM versions
            JOIN document_keys ON document_keys.document = versions.document AND document_keys.source = versions.source
            WHERE versions.source = problems.source AND document_keys."key" = problems."key"), '')
        GROUP BY problems."key" """  # noqa: S608  (the kinds are ours)
    return {row["key"]: row["n"] for row in index.rows(sql, [source])}


def due(index: Index, source: str, follows: str) -> list[Due]:
    """Return the documents whose own pages a source is to read, newest first.

    Those are the documents that the followed list shows, and which it added or changed since its baseline, in a state
    that was not read yet.
    """
    sql = f"""
        SELECT sightings."key", sightings.url, versions.title, CAST(versions.id AS TEXT) AS stamp
        FROM sightings
        JOIN versions ON versions.id = (
            SELECT max(id) FROM versions AS newest
            WHERE newest.document = sightings.document AND newest.source = sightings.source)
        JOIN runs ON runs.id = versions.run AND NOT runs.baseline
        WHERE sightings.source = :follows AND sightings.closed_at IS NULL
          AND NOT EXISTS (
            SELECT 1 FROM sightings AS mine
            WHERE mine.source = :source AND mine."key" = sightings."key" AND mine.touched LIKE versions.id || ' %')
          AND :tries > (
            SELECT count(*) FROM problems JOIN runs AS tried ON tried.id = problems.run AND tried.state = 'ok'
            WHERE problems.source = :source AND problems."key" = sightings."key" AND {IN_VAIN}
              AND tried.started >= versions.at)
        ORDER BY versions.id DESC"""  # noqa: S608  (the kinds are ours)
    return [Due(**row) for row in index.rows(sql, {"source": source, "follows": follows, "tries": TRIES})]


def _response(row: Row) -> Response:
    return Response(**{name: row[name] for name in Response.model_fields})


def _run(row: Row) -> Run:
    return Run(
        id=row["id"], source=row["source"], started=row["started"], finished=row["finished"],
        state=RunState(row["state"]), reason=row["reason"], baseline=bool(row["baseline"]), listed=row["listed"],
        items=row["items"], counts=json.loads(row["counts"]), requests=row["requests"],
        not_modified=row["not_modified"], seconds=row["seconds"],
    )  # fmt: skip
