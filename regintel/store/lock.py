"""One writer at a time: a lock on a file of the data folder, given back by the system when the process ends."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from regintel.exceptions import LockedError, StoreError

PAUSE = 2.0
"""Seconds between two looks whether the lock is free."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Hold the lock.

    :raises LockedError: when another run holds it, naming its process.
    :raises StoreError: when the data folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = path.open("a+", encoding="ascii")
    except OSError as error:
        raise StoreError(f"{path.parent}: {error.strerror}") from error
    with opened as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise LockedError(f"another run (process {holder}) holds {path}") from error
        _sign(file, path)
        yield


@contextmanager
def writing_after(
    path: Path, seconds: float, *, go_on: Callable[[], bool], sleep: Callable[[float], object]
) -> Iterator[None]:
    """Hold the lock, once whoever has it gives it back.

    :param seconds: how long to wait for that.
    :param go_on: asked before each further look.
    :raises LockedError: when it was not given back in time.
    :raises StoreError: when the data folder cannot be written.
    """
    looks = int(seconds / PAUSE)
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(writing(path))
                break
            except LockedError:
                if looks <= 0 or not go_on():
                    raise
                looks -= 1
                sleep(PAUSE)
        yield


def _sign(file: IO[str], path: Path) -> None:
    """Write down who holds it."""
    try:
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error
