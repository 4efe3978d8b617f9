"""What every call works on: the house, and its index, opened for that call alone, for reading and a bounded time."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mcp.server.mcpserver.exceptions import ToolError

from regintel.exceptions import RegintelError, StoreError
from regintel.house import House
from regintel.store.database import Index, read_index

SECONDS = 20.0
"""How long one call may keep the index busy."""


@dataclass(frozen=True)
class Desk:
    """The house and its index."""

    house: House

    @contextmanager
    def reading(self) -> Iterator[Index]:
        """Open the index in the thread that asks, one state of it; what goes wrong is told to the assistant.

        :raises ToolError: where there is no index, it cannot be read, or what is asked for does not exist.
        """
        path = self.house.config.index
        try:
            if not path.exists():
                raise StoreError("there is no index yet: nothing was read, so nothing can be answered")
            with read_index(path) as index, index.snapshot():
                index.limit(SECONDS)
                yield index
        except RegintelError as error:
            raise ToolError(str(error)) from error
        except sqlite3.Error as error:
            raise ToolError(f"the index cannot be read now: {error}") from error
