"""Figures over the whole index: how much each agency publishes, and how long its drafts take."""

from dataclasses import dataclass

from regintel.store.database import Index


@dataclass(frozen=True)
class MonthCount:
    """How many documents an agency dates to a month."""

    month: str
    agency: str
    count: int


@dataclass(frozen=True)
class Finished:
    """A draft that became final while regintel watched, by the agency's own dates."""

    document: str
    agency: str
    title: str
    language: str
    draft: str
    final: str


def months(index: Index, since: str) -> list[MonthCount]:
    """Return the documents by the month that their agency dates them to, oldest first.

    :param since: the first month, `YYYY-MM`.
    """
    sql = """
        SELECT substr(day, 1, 7) AS month, agency, count(*) AS count FROM (
            SELECT documents.agency,
                   coalesce(versions.published, json_extract(documents.filled, '$.published')) AS day
            FROM documents JOIN versions ON versions.id = documents.version)
        WHERE length(day) >= 7 AND month >= ? GROUP BY 1, 2 ORDER BY 1, 2"""
    return [MonthCount(**row) for row in index.rows(sql, [since])]


def finished(index: Index) -> list[Finished]:
    """Return the drafts that became final, by the day printed on the draft and the first one printed on the final.

    Where either bears no day there is nothing to count from, and it is left out.
    """
    sql = """
        SELECT documents.id AS document, documents.agency, shown.title, documents.language,
            (SELECT min(drafts.published) FROM versions AS drafts
             WHERE drafts.document = documents.id AND drafts.stage = 'draft') AS draft,
            (SELECT min(finals.published) FROM versions AS finals
             WHERE finals.document = documents.id AND finals.stage = 'final') AS final
        FROM documents JOIN versions AS shown ON shown.id = documents.version
        WHERE documents.id IN (SELECT document FROM versions WHERE stage = 'draft')
          AND length(draft) = 10 AND length(final) = 10 AND final > draft
        ORDER BY final DESC"""
    return [Finished(**row) for row in index.rows(sql)]


def unfinished(index: Index) -> int:
    """Return how many documents became final of which one of the two days is not known."""
    sql = """
        SELECT count(DISTINCT finals.document) AS n FROM versions AS finals
        JOIN versions AS drafts ON drafts.document = finals.document AND drafts.stage = 'draft'
        WHERE finals.stage = 'final' AND finals.id > drafts.id"""
    row = index.row(sql)
    return max(0, (row["n"] if row else 0) - len(finished(index)))
