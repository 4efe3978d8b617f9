"""Commands about documents: what is known, and what changed."""

from dataclasses import asdict
from typing import Any

import click

from regintel.clock import iso, moment_of
from regintel.commands.door import answer, house_command, reading, writing
from regintel.commands.narrowing import filters_of, narrowing
from regintel.exceptions import UsageError
from regintel.house import House


@house_command()
@click.option("--all", "everything", is_flag=True, help="Label everything anew, not just what has no label.")
def classify(house: House, *, everything: bool, as_json: bool) -> None:
    """Label what has no label by the current model and taxonomy."""
    from regintel.jobs.run import label

    with writing(house) as index:
        done = label(house, index, everything=everything)
    if as_json:
        answer({**asdict(done), "docs_per_second": done.docs_per_second})
    else:
        counted = f"{done.classified} labelled, {done.skipped} as they were"
        click.echo(f"{counted}, {done.seconds} s ({done.docs_per_second} a second)")


@house_command()
@click.option("--rebuild", is_flag=True, help="Make words and passages anew from the texts.")
@click.option("--vectors", is_flag=True, help="Embed every passage that has no vector, however long it takes.")
@click.option("--seconds", type=click.FloatRange(min=0), default=30.0, show_default=True, help="Else, for how long.")
def index(house: House, *, rebuild: bool, vectors: bool, seconds: float, as_json: bool) -> None:
    """Bring the search index up to date; all of it can be made anew from what the index holds."""
    from regintel.jobs.index import bring_up_to_date

    with writing(house) as opened:
        done = bring_up_to_date(opened, house.encoder, rebuild=rebuild, seconds=None if vectors else seconds)
    if as_json:
        answer(done.as_json())
        return
    click.echo(f"{done.documents} documents; {done.passages_with_vectors} of {done.passages} passages have vectors")
    click.echo(f"{done.embedded} passages embedded in {done.seconds} s" + ("; words made anew" * done.words_rebuilt))


@house_command()
@click.argument("query", nargs=-1)
@narrowing
@click.option("-n", "count", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many.")
@click.option("--mode", type=click.Choice(["hybrid", "lexical", "semantic"]), default="hybrid", show_default=True)
@click.option("--offset", type=click.IntRange(0, 1_000_000), default=0, help="How many better ones to pass over.")
@click.option("--facets", is_flag=True, help="Count what answers, by agency, stage, language, source, type and label.")
def search(
    house: House,
    *,
    query: tuple[str, ...],
    count: int,
    mode: str,
    offset: int,
    facets: bool,
    as_json: bool,
    **narrowed: Any,
) -> None:
    """Search the guidance index.

    Words and questions as people ask them; "a phrase"; one OR another; -without; FDA-2023-D-5259; and fields:
    agency: modality: topic: status: since: until: lang: source: type:. Before a -word, write -- or quote the query.
    """
    from regintel.answers import search_answer
    from regintel.search.modes import Mode
    from regintel.store.facets import facets as counted
    from regintel.tables import console, found_list

    filters = filters_of(house, **narrowed)
    with reading(house) as opened:
        found = house.searcher.search(opened, " ".join(query), filters, mode=Mode(mode), count=count, offset=offset)
        counts = counted(opened, found.answering) if facets else {}
    if as_json:
        told = {name: {each.value: each.count for each in values} for name, values in counts.items()}
        answer({**search_answer(found), **({"facets": told} if facets else {})})
    else:
        console().print(found_list(found, counts))


@house_command()
@click.argument("name", metavar="ID")
def show(house: House, *, name: str, as_json: bool) -> None:
    """Show one document, by id or address: every version, label and change, and the bytes they were read from."""
    from regintel.answers import show_answer
    from regintel.document_page import document_page
    from regintel.records import Labels
    from regintel.store.documents import document
    from regintel.store.labels import labels_of
    from regintel.tables import console

    with reading(house) as index:
        found = document(index, name)
        if found is None:
            raise UsageError(f"unknown document {name!r} (`regintel search` gives ids)")
        told = show_answer(index, found, labels_of(index, [found.id]).get(found.id, Labels()))
    if as_json:
        answer(told)
    else:
        console().print(document_page(told, house.names))


@house_command()
@click.option("--since", help="Seen on this day or moment (ISO) or later.")
@click.option("--agency", help="Only this agency's.")
@click.option(
    "--kind", type=click.Choice(["new", "revised", "status_changed", "deadline_changed", "withdrawn", "restored"])
)
@click.option("--project", help="Only what matters to this project.")
def changes(
    house: House, *, since: str | None, agency: str | None, kind: str | None, project: str | None, as_json: bool
) -> None:
    """Show the change log, newest first."""
    from regintel.answers import change_answer
    from regintel.notify.projects import chosen_projects
    from regintel.sources import chosen
    from regintel.store.documents import changes as logged
    from regintel.store.outbox import relevant_changes
    from regintel.tables import changes_table, console

    chosen(house.sources, (), agency)
    since = iso(moment_of(since)) if since else None
    if project:
        chosen_projects(house.projects, (project,))
    with reading(house) as index:
        found = logged(index, since=since, agency=agency, kind=kind)
        if project:
            wanted = relevant_changes(index, project)
            found = [change for change in found if change.id in wanted]
    if as_json:
        answer({"changes": [change_answer(change) for change in found]})
    else:
        console().print(changes_table(found))


@house_command()
@click.argument("source")
@click.argument("key")
@click.option("--by", required=True, help="Who says so.")
@click.option("--reason", required=True, help="Why, for whoever reads it later.")
def part(house: House, *, source: str, key: str, by: str, reason: str, as_json: bool) -> None:
    """Undo a wrong merge: give SOURCE's row KEY a document of its own, and never take it for that one again."""
    from regintel.store.identities import part as part_row

    if not house.config.index.exists():
        raise UsageError(f"unknown key {key!r} of source {source!r}")
    with writing(house) as index, index.transaction():
        own = part_row(index, source, key, at=iso(house.clock.now()), by=by, reason=reason)
    if as_json:
        answer({"document": own, "source": source, "key": key})
    else:
        click.echo(own)
