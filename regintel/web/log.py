"""The change log as the page and its JSON narrow it."""

from regintel.clock import iso, moment_of
from regintel.house import House
from regintel.notify.projects import chosen_projects
from regintel.records import Change
from regintel.store.database import Index
from regintel.store.documents import changes
from regintel.store.outbox import relevant_changes


def logged(index: Index, house: House, *, agency: str, kind: str, project: str, since: str) -> list[Change]:
    """Return changes, newest first; what is empty narrows nothing.

    :raises UsageError: for an unknown project, or a day that is none.
    """
    if project:
        chosen_projects(house.projects, (project,))
    found = changes(index, since=iso(moment_of(since)) if since else None, agency=agency or None, kind=kind or None)
    if not project:
        return found
    wanted = relevant_changes(index, project)
    return [change for change in found if change.id in wanted]
