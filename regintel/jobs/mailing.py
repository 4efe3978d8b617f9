"""Put the messages of one digest into the outbox, each document's into its thread; called inside a transaction.

A document has one thread in each channel. Its root is the message that first told it there. An alert of a document that
has one goes there as a reply that the channel sees as well. A digest tells each change itself, and leaves a short reply
in the threads of the documents that were told before, so that a document's story is in one place.
"""

from collections.abc import Mapping, Sequence

from regintel.config import OUTLET_CHANNEL
from regintel.notify.message import Message, follow_up
from regintel.records import Digest, DigestItem
from regintel.store import outbox, threads
from regintel.store.database import Index
from regintel.vocabulary import ChangeKind, MessageRole, Stage


class Mailing:
    """One digest on its way into the outbox."""

    def __init__(
        self,
        index: Index,
        digest: Digest,
        slot: str,
        not_before: str | None,
        names: Mapping[str, str],
        *,
        buttons: bool,
    ) -> None:
        self._index = index
        self._digest = digest
        self._slot = slot
        self._not_before = not_before
        self._names = names
        self._buttons = buttons
        self._items = {item.change: item for item in digest.items}
        self._threaded = not digest.channel.startswith(OUTLET_CHANNEL)
        self._name = ""

    def tell(self, messages: Sequence[Message]) -> str:
        """Write a digest, or a burst of alerts: a parent, and what goes into its thread; return its name."""
        self._begin()
        earlier = self._earlier()
        parent = self._add(messages[0], f"digest {self._digest.project} {self._slot} 0")
        for number, message in enumerate(messages[1:], start=1):
            self._add(message, f"digest {self._digest.project} {self._slot} {number}", parent=parent)
        for item in self._digest.items:
            self._continue(item, parent, earlier)
        return self._name

    def alert(self, messages: Sequence[Message]) -> str:
        """Write alerts, one message each; more messages than changes are a burst with a parent. Return its name."""
        if len(messages) > len(self._items):
            return self.tell(messages)
        self._begin()
        for message in messages:
            (item,) = (self._items[change] for change in message.changes)
            self._alert(message, item)
        return self._name

    def _begin(self) -> None:
        self._name = outbox.add_digest(
            self._index,
            project=self._digest.project,
            channel=self._digest.channel,
            slot=self._slot,
            built_at=self._digest.built_at,
            told=self._items,
        )

    def _alert(self, message: Message, item: DigestItem) -> None:
        root = self._root(item)
        added = self._add(
            message,
            f"alert {self._digest.project} {item.document}",
            parent=root,
            role=MessageRole.ALERT,
            document=item.document,
            broadcast=root is not None and not self._told_there(item),
        )
        if root is None and self._threaded:
            self._add_root(item, added)

    def _earlier(self) -> dict[int, str]:
        """Return the roots of documents whose threads have not heard of a change yet, by the change."""
        found = {item.change: self._root(item) for item in self._digest.items if not self._told_there(item)}
        return {change: root for change, root in found.items() if root}

    def _continue(self, item: DigestItem, parent: str, earlier: Mapping[int, str]) -> None:
        """Let a document's thread hear of a change that the digest tells; without one, the digest is its root."""
        if not self._threaded:
            return
        if self._root(item) is None:
            self._add_root(item, parent)
        elif item.change in earlier:
            self._add(
                follow_up(self._digest, item, self._names, buttons=self._buttons),
                f"follow-up {self._digest.project} {item.document}",
                parent=earlier[item.change],
                role=MessageRole.FOLLOW_UP,
                document=item.document,
                broadcast=matters(item),
            )

    def _root(self, item: DigestItem) -> str | None:
        return threads.root_of(self._index, self._digest.channel, item.document) if self._threaded else None

    def _told_there(self, item: DigestItem) -> bool:
        return threads.told_there(self._index, self._digest.channel, item.change)

    def _add_root(self, item: DigestItem, message: str) -> None:
        threads.add_root(self._index, self._digest.channel, item.document, message, self._digest.built_at)

    def _add(
        self,
        message: Message,
        subject: str,
        *,
        parent: str | None = None,
        role: MessageRole = MessageRole.MESSAGE,
        document: str | None = None,
        broadcast: bool = False,
    ) -> str:
        return outbox.add_message(
            self._index,
            kind="digest",
            project=self._digest.project,
            channel=self._digest.channel,
            digest=self._name,
            subject=subject,
            text=message.text,
            blocks=message.blocks,
            created_at=self._digest.built_at,
            not_before=self._not_before,
            parent=parent,
            role=role,
            document=document,
            broadcast=broadcast,
            told=message.changes,
        )


def matters(item: DigestItem) -> bool:
    """Return whether the channel, and not the thread alone, hears of a later stage."""
    moved = item.kind is ChangeKind.STATUS_CHANGED and item.stage in {Stage.FINAL, Stage.WITHDRAWN}
    became = moved and item.was_stage != item.stage
    return item.must_not_miss and (became or item.kind in {ChangeKind.WITHDRAWN, ChangeKind.DEADLINE_CHANGED})
