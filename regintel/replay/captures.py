"""All captures that replay serves, found by address, method, body and time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from regintel.exceptions import UsageError
from regintel.replay.capture import Capture, Request, canonical
from regintel.replay.folder import capture_folder
from regintel.replay.warc import Shelf, warc_files


class Captures:
    """The archived responses, found by address, method, body and time."""

    def __init__(self, captures: Iterable[Capture]) -> None:
        self._exact: dict[tuple[str, str], list[Capture]] = defaultdict(list)
        self._alike: dict[tuple[str, str], list[Capture]] = defaultdict(list)
        self._patterns: list[Capture] = []
        for capture in sorted(captures, key=lambda capture: capture.stamp):
            method, url = capture.request.method, capture.request.url
            if capture.pattern is not None:
                self._patterns.append(capture)
            else:
                self._exact[method, url].append(capture)
                self._alike[method, canonical(url)].append(capture)

    @classmethod
    def load(cls, paths: Sequence[Path]) -> Self:
        """Read what the paths hold: WARC files, folders of them, capture folders.

        :raises UsageError: when a path does not exist, cannot be read, or holds no response.
        """
        shelf = Shelf()
        listed: list[Capture] = []
        for path in paths:
            if not path.exists():
                raise UsageError(f"{path}: does not exist")
            before = len(shelf) + len(listed)
            listed += capture_folder(path)
            for file in warc_files(path):
                shelf.add(file)
            if len(shelf) + len(listed) == before:
                raise UsageError(f"{path}: holds no archived response")
        return cls([*listed, *shelf.captures()])

    def newest(self, request: Request, stamp: str) -> Capture | None:
        """Return the newest capture at or before the stamp that answers the request."""
        method = "GET" if request.method == "HEAD" else request.method
        until = stamp.ljust(14, "9")
        found = (
            self._exact.get((method, request.url), []),
            self._alike.get((method, canonical(request.url)), []),
            [capture for capture in self._patterns if capture.request.method == method and capture.covers(request.url)],
        )
        fitting = (c for group in found for c in reversed(group) if c.stamp <= until and c.fits(request))
        return next(fitting, None)
