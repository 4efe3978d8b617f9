"""What people read on a terminal. Words from outside are printed as they are: no markup of theirs is obeyed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from regintel.answers import Answer
from regintel.items import Problem
from regintel.logs import printable
from regintel.notify.message import plain_text
from regintel.records import Change, Found, Hit, SourceHealth
from regintel.store.facets import Facet
from regintel.store.settlement import Posted
from regintel.text.snippets import MARK

if TYPE_CHECKING:  # what jobs need behind them costs a search .3 s
    from regintel.jobs.capture import Captured
    from regintel.jobs.crawl import CrawlReport
    from regintel.jobs.digest import Built
    from regintel.jobs.doctor import Check
    from regintel.jobs.ingest import Ingested
    from regintel.jobs.run import DailyRun

COLOURS = {
    "ok": "green",
    "warn": "yellow",
    "suspect": "yellow",
    "fail": "red",
    "failed": "red",
    "blocked": "red",
    "broken": "red",
}


def console() -> Console:
    """Return where people read: as wide as their window, 120 where there is none."""
    plain = Console(markup=False, highlight=False, soft_wrap=False)
    return plain if plain.is_terminal else Console(markup=False, highlight=False, width=120)


def said(text: object) -> Text:
    """Return words from outside as they may be printed."""
    return Text("\n".join(printable(line) for line in str(text).split("\n")))


def state(word: str) -> Text:
    """Return a state's word in its colour."""
    return Text(word, style=COLOURS.get(word, ""))


def table(*columns: str, rows: Iterable[Iterable[object]]) -> Table:
    """Return a table whose cells obey nothing."""
    made = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else said("" if cell is None else cell) for cell in row))
    return made


def crawl_table(reports: "list[CrawlReport]") -> Group:
    """Return what was crawled."""
    kinds = ("new", "revised", "status_changed", "deadline_changed", "withdrawn", "restored", "unchanged", "joined")
    rows = [
        [each.run.source, state(each.run.state), each.run.listed, each.run.items,
         *(each.run.counts.get(kind, 0) for kind in kinds), each.run.requests, each.run.seconds]
        for each in reports
    ]  # fmt: skip
    heads = (
        "source",
        "state",
        "listed",
        "items",
        "new",
        "rev.",
        "status",
        "deadl.",
        "withdr.",
        "rest.",
        "same",
        "joined",
        "requests",
        "s",
    )
    problems = [problem for each in reports for problem in each.problems]
    notes = [said(_noted(problem)) for problem in problems[:20]]
    more = [said(f"… and {len(problems) - 20} problems more")] if len(problems) > 20 else []
    baselines = [
        said(f"{each.run.source}: first healthy run, a silent baseline") for each in reports if each.run.baseline
    ]
    return Group(table(*heads, rows=rows), *baselines, *notes, *more)


def _noted(problem: Problem) -> str:
    where = f" ({problem.url})" if problem.url and problem.url not in problem.message else ""
    return f"{problem.kind}: {problem.message}{where}"


def ingest_page(done: "Ingested") -> Group:
    """Return what was handed in, and what of it was not taken."""
    told = done.as_json()
    counted = [f"{told[name]} {name}" for name in ("new", "revised", "unchanged", "joined", "superseded") if told[name]]
    head = said(f"{told['ingested']} records taken" + (f": {', '.join(counted)}" if counted else ""))
    refused = [[each.path, each.line, each.reason] for each in done.rejected]
    return Group(head, *([table("not taken", "line", "why", rows=refused)] if refused else []))


def captured_page(done: "Captured") -> Group:
    """Return what was captured, and what to do with it."""
    lines = [f"{done.page} was written: the page as it came"]
    if done.items:
        lines.append(f"{done.items} was written: {done.count} items, as the spider reads them")
    else:
        lines.append(f"No items were written, for the spider does not read the page: {done.reason}")
    lines += [f"{each.kind}: {each.message}" for each in done.problems[:20]]
    lines += [
        "Next: trim the page to a dozen rows that differ, and write other people's prose out of it.",
        "Then run the tests: a missing golden is written anew. Read it against the agency's website, word by word.",
    ]
    return Group(*(said(line) for line in lines))


def sources_table(healths: list[SourceHealth]) -> Table:
    """Return how the sources stand."""
    heads = ("source", "agency", "state", "items", "last success", "since", "problems", "title")
    return table(*heads, rows=[
        [each.source, each.agency, state(each.state), each.last_items, each.last_success, each.failing_since,
         each.open_problems or "", each.reason or each.title]
        for each in healths
    ])  # fmt: skip


def changes_table(changes: list[Change]) -> Group:
    """Return the change log; under each title the id by which `show` knows the document."""
    rows = [
        [each.at[:10], each.agency.upper(), *change_words(each.summary, each.title), _titled(each)] for each in changes
    ]
    return Group(table("seen", "agency", "change", "what", "document", rows=rows), said(f"{len(changes)} changes"))


def _titled(change: Change) -> Text:
    return Text.assemble(said(change.title), "\n", Text(printable(change.document), style="dim"))


def change_words(summary: str, title: str) -> tuple[str, str]:
    """Return a change's summary as its kind and its particulars; a title that stands beside it is left out.

    >>> change_words("New: Potency Tests", "Potency Tests")
    ('New', '')
    """
    kind, _, what = summary.partition(": ")
    return kind, what.removeprefix(title).strip()


def feedback_table(found: Iterable[Mapping[str, Any]]) -> Group:
    """Return what people said in Slack; what they took back by a newer word is marked."""
    rows = [
        [each["at"][:16].replace("T", " "), each["user"], each["project"],
         each["said"].replace("_", " ") + ("" if each["standing"] else " (until newer)"),
         f"{each['agency'].upper()}: {each['title']}", _doubts(each["labels"]), each["reason"]]
        for each in found
    ]  # fmt: skip
    return Group(
        table("at", "who", "project", "said", "document", "labels", "reason", rows=rows), said(f"{len(rows)} said")
    )


def _doubts(labels: Mapping[str, Iterable[str]]) -> str:
    return " ".join([*(f"-{each}" for each in labels["wrong"]), *(f"+{each}" for each in labels["missing"])])


def found_list(found: Found, counts: Mapping[str, Sequence[Facet]]) -> Group:
    """Return what a search found."""
    lines: list[RenderableType] = []
    for rank, hit in enumerate(found.hits, start=found.offset + 1):
        now = hit.document.current
        lines.append(Text.assemble((f"{rank}. ", "bold"), said(now.title).plain, style="bold"))
        facts = [
            hit.document.agency.upper(),
            now.status.replace("_", " "),
            f"issued {now.published}" if now.published else "",
            now.reference if now.reference and now.reference != now.key else "",
        ]
        lines.append(said("   " + " · ".join(filter(None, facts))))
        about = ", ".join(each.id for each in (*hit.labels.modalities, *hit.labels.topics))
        lines += [said(f"   {about}")] if about else []
        lines.append(_marked(hit.snippet))
        lines += [said(f"   {_place(hit)}")] if _place(hit) else []
        lines.append(Text(f"   {printable(now.url)}", style="dim"))
        lines.append(Text(f"   {hit.document.id}", style="dim"))
    notes = [said(note) for note in found.notes]
    return Group(*lines, *_facets(counts), *notes, said(f"{_shown(found)}, {found.took_ms:.0f} ms"))


def _shown(found: Found) -> str:
    if not found.hits:
        return f"0 of {found.total} documents"
    first = found.offset + 1
    near = "" if found.worded in {None, found.total} else f" ({found.worded} by words, the others by meaning)"
    return f"{first} to {found.offset + len(found.hits)} of {found.total} documents{near}"


def _place(hit: Hit) -> str:
    """Return where in its document the snippet stands."""
    return ", ".join([*([f"page {hit.page}"] if hit.page else []), *([f"“{hit.section}”"] if hit.section else [])])


def _facets(counts: Mapping[str, Sequence[Facet]]) -> list[Text]:
    """Return how what answers is spread, a line a facet."""
    told = {name: ", ".join(f"{each.value} {each.count}" for each in values) for name, values in counts.items()}
    return [said(f"{name}: {line}") for name, line in told.items() if line]


def _marked(snippet: str) -> Text:
    made = Text("   ")
    for number, part in enumerate(snippet.split(MARK)):
        made.append(said(part).plain, style="bold yellow" if number % 2 else "")
    return made


def checks_table(checks: "list[Check]") -> Table:
    """Return what the doctor found."""
    return table("check", "state", "detail", rows=[[each.name, state(each.state), each.detail] for each in checks])


def posted_table(messages: list[Posted], ages: list[float], counts: Mapping[str, int]) -> Group:
    """Return what is in the outbox.

    :param ages: seconds since each was written.
    """
    rows = [
        [each.id[:12], each.state, each.channel, each.project, each.attempts, f"{age / 3600:.1f} h",
         each.error or (f"not before {each.not_before}" if each.not_before else ""), each.text]
        for each, age in zip(messages, ages, strict=True)
    ]  # fmt: skip
    heads = ("id", "state", "channel", "project", "tries", "age", "error", "message")
    told = ", ".join(f"{number} {state}" for state, number in counts.items() if number) or "The outbox is empty"
    return Group(*([table(*heads, rows=rows)] if rows else []), said(told))


def print_run(done: "DailyRun", names: Mapping[str, str]) -> None:
    """Print a daily run; without a credential its digests, as people would read them in Slack."""
    page = console()
    page.print(crawl_table(done.crawl))
    page.print(f"{done.classified.classified} documents labelled in {done.classified.seconds} s")
    if done.previewed:
        for built in done.digests:
            print_digest(built, names)
        page.print(f"{len(done.digests)} digests built; SLACK_BOT_TOKEN is not set, so they are shown and wait.")
        return
    sent = done.sent
    counted = f"{sent.sent} sent, {sent.pending} pending, {sent.unknown} unknown, {sent.failed} refused"
    page.print(f"{len(done.digests)} digests built; {counted}")


def print_digest(built: "Built", names: Mapping[str, str]) -> None:
    """Print a digest as people would read it in Slack; lines are left whole, so that addresses can be copied."""
    page = console()
    told = "each at once, as a message of its own" if built.alert else "as people read it in Slack"
    page.print(Rule(f"To {built.digest.channel}, {told}"))
    page.print(said(plain_text(built.digest, names)), soft_wrap=True)
    page.print()


def plan_table(jobs: list[Answer]) -> Table:
    """Return what is done when."""
    rows = [
        [each["kind"], each["id"], each["schedule"], each["timezone"], "now" if each["overdue"] else each["next"]]
        for each in jobs
    ]
    return table("kind", "id", "schedule", "time zone", "next (UTC)", rows=rows)
