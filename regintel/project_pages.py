"""What people read on a terminal about projects. Words from outside are printed as they are, as in `tables`."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from regintel.jobs.projects import Checked, Standing
from regintel.jobs.trial import BASELINE, Played, Trial
from regintel.jobs.why import Why
from regintel.notify.dates import day_words
from regintel.notify.entry import happened, title_of
from regintel.notify.mistakes import Finding
from regintel.tables import said, state, table


def projects_table(found: Sequence[Standing]) -> Table:
    """Return how the projects stand."""
    heads = ("project", "name", "channel", "digest", "next due (UTC)", "last (UTC)", "waiting", "unsent")
    return table(*heads, rows=[
        [each.profile.id, each.profile.name, _ways(each), _rhythm(each),
         each.next_digest[:16].replace("T", " "), (each.last_digest or "never")[:16].replace("T", " "),
         each.waiting, each.unsent or ""]
        for each in found
    ])  # fmt: skip


def _ways(standing: Standing) -> str:
    """Return where its messages go; a mute of Slack's channels holds back every other way, too."""
    return ", ".join((*standing.channels, *standing.profile.also)) if standing.channels else "muted"


def _rhythm(standing: Standing) -> str:
    times = standing.profile.digest
    day = f"{times.weekday}s" if times.every == "weekly" else "daily"
    return f"{day} {times.at} {times.timezone}"


def checked_page(found: Sequence[Checked]) -> Group:
    """Return what was found in profiles."""
    lines: list[RenderableType] = []
    for each in found:
        word = "fail" if each.mistakes else "warn" if each.warnings else "ok"
        lines.append(Text.assemble(state(word), f" {said(each.file).plain}"))
        lines += [said(f"     mistake: {_finding(one)}") for one in each.mistakes]
        lines += [said(f"     surely not meant: {_finding(one)}") for one in each.warnings]
    return Group(*(lines or [said("No file in config/projects: nobody is told anything.")]))


def _finding(one: Finding) -> str:
    meant = f" (did you mean {one.nearest!r}?)" if one.nearest else ""
    return f"{one.key}: {one.what}{meant}" if one.key else f"{one.what}{meant}"


def played_page(played: Played, name: str) -> Group:
    """Return what a profile would have brought."""
    lines: list[RenderableType] = [said(_head(played, name))]
    lines += [said(note) for note in _notes(played)]
    for due, trials in played.digests:
        lines += ["", Rule(_due(due, len(trials)), align="left"), *_told(trials)]
    if played.near:
        lines += ["", Rule("Just under the limit: not told", align="left"), *_told(played.near)]
    if played.shut_out:
        lines += ["", Rule("Shut out by an excluded word: not told", align="left"), *_told(played.shut_out)]
    return Group(*lines)


def _head(played: Played, name: str) -> str:
    alerts = sum(each.alert for _, trials in played.digests for each in trials)
    counted = (
        f"{played.read} read, {played.relevant} told in {_counted(len(played.digests), 'digest')}, {alerts} at once"
    )
    return f"{name}, {played.since} to {played.until}: {counted}; {played.read - played.relevant} left out."


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _notes(played: Played) -> Iterable[str]:
    if played.from_baseline:
        held = f"{played.from_baseline} of them were there when their sources were first read"
        yield f"{held}: they are taken by the agency's own day, and judged as they are today (marked ~)."
    if played.unlabelled:
        yield f"{played.unlabelled} have no labels yet (`regintel classify`): only keywords find them."
    if not played.read:
        yield "The index knows nothing of that span. `regintel sources` says since when each source is read."


def _due(due: str, count: int) -> str:
    return f"Digest of {day_words(due[:10], year=True)}, {due[11:16]} ({count})"


def _told(trials: Iterable[Trial]) -> Iterable[RenderableType]:
    for each in trials:
        item = each.item
        mark = "~" if each.basis == BASELINE else " "
        urgent = "!" if item.must_not_miss else " "
        head = f"{mark}{urgent} {item.score:.2f}  {item.agency.upper()} · {happened(item)} · {title_of(item)}"
        yield said(f"{head}  [at once]" if each.alert else head)
        yield from [said(f"          Gist by glossary: {item.gist}")] if item.gist else []
        yield said(f"          {'; '.join(item.reasons)}")


def why_page(found: Why) -> Group:
    """Return why a document was told to a project, or not."""
    now = found.document.current
    verdict = "it matters" if found.now.relevant else "it does not matter"
    lines: list[RenderableType] = [
        said(f"{found.document.agency.upper()} · {now.title}"),
        said(f"{found.document.id} before {found.project}"),
        said(f"As it is today {verdict} ({found.now.score:.2f}): {'; '.join(found.now.reasons)}"),
        *(said(note) for note in found.notes),
    ]
    for each in found.changes:
        lines += ["", said(f"{each.change.at[:10]} {each.change.kind}: {each.change.summary}")]
        if each.match:
            reasons = "; ".join(each.match.reasons)
            lines.append(said(f"  Judged at {each.matched_at}: {each.match.score:.2f}, {reasons}"))
        lines.append(said(f"  {each.state}: {each.words}"))
    return Group(*lines)
