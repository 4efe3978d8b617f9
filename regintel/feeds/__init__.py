"""What readers and calendars subscribe to: pure functions from values to the bytes of a file.

The same index gives the same bytes; nothing here reads a clock, and no address of this machine goes into an id.
"""

from regintel.feeds.atom import ENTRIES, changes_feed, project_feed
from regintel.feeds.calendar import deadlines_calendar

__all__ = ["ENTRIES", "changes_feed", "deadlines_calendar", "project_feed"]
