"""Which channels get a project's messages: its own and those that subscribed, as far as they are not muted.

Each word is kept for ever, with who said it. A project's own channel (`channel` in its profile) is subscribed until
somebody says otherwise.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from regintel.store.database import Index, Row
from regintel.vocabulary import Wish


@dataclass(frozen=True)
class Subscription:
    """How a project stands in a channel."""

    project: str
    channel: str
    subscribed: bool
    muted: bool = False
    until: str | None = None
    """When the mute ends; none where it has no end."""
    by: str = ""
    """Whose word was the last; empty where the profile alone speaks."""
    at: str = ""

    def quiet(self, now: str) -> bool:
        """Return whether it is muted at a moment."""
        return self.muted and (self.until is None or now < self.until)

    def gets(self, now: str) -> bool:
        """Return whether the channel is told what concerns the project."""
        return self.subscribed and not self.quiet(now)


def add_wish(
    index: Index, wish: Wish, *, project: str, channel: str, by: str, at: str, until: str | None = None
) -> None:
    """Write what somebody asked for; to be called inside a transaction."""
    index.insert("subscriptions", {
        "project": project, "channel": channel, "said": wish, "until": until, "by": by, "at": at,
    })  # fmt: skip


def subscription(index: Index, project: str, channel: str, own_channel: str) -> Subscription:
    """Return how a project stands in a channel.

    :param own_channel: the one that its profile names.
    """
    sql = "SELECT * FROM subscriptions WHERE project = ? AND channel = ? ORDER BY id"
    return _folded(project, channel, own_channel, index.rows(sql, [project, channel]))


def channels_of(index: Index, project: str, own_channel: str, now: str) -> list[str]:
    """Return where a project's messages go now, its own channel first; none where it is muted everywhere.

    :param now: UTC, as `iso` writes it.
    """
    sql = "SELECT channel FROM subscriptions WHERE project = ? GROUP BY channel ORDER BY min(id)"
    known = [own_channel, *(row["channel"] for row in index.rows(sql, [project]))]
    every = (subscription(index, project, channel, own_channel) for channel in dict.fromkeys(known))
    return [each.channel for each in every if each.gets(now)]


def _folded(project: str, channel: str, own_channel: str, rows: Iterable[Row]) -> Subscription:
    """Return what all words together mean: to subscribe or leave ends a mute, to unmute subscribes nobody."""
    stands = Subscription(project, channel, subscribed=channel == own_channel)
    for row in rows:
        wish = Wish(row["said"])
        stands = Subscription(
            project,
            channel,
            subscribed={Wish.SUBSCRIBED: True, Wish.UNSUBSCRIBED: False}.get(wish, stands.subscribed),
            muted=wish is Wish.MUTED,
            until=row["until"],
            by=row["by"],
            at=row["at"],
        )
    return stands
