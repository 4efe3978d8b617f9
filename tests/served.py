"""The web page as its command serves it: a process of its own on a free port of loopback."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.places import ROOT

SERVER = """
import sys
from datetime import datetime
from pathlib import Path
from regintel.web.server import serve
from tests.library import house_at
serve(house_at(Path(sys.argv[1])), "127.0.0.1", 0, {})
"""
"""`regintel serve` with the tests' tiny model and clock, so that no model is built."""


@contextmanager
def serving(data: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve an index; yield where, and the process."""
    command = [sys.executable, "-c", SERVER, str(data)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield _address(process), process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)


def _address(process: subprocess.Popen[str]) -> str:
    """Return the address that the server says it listens at."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"running on (http://\S+)", line):
            return found[1]
    raise AssertionError("".join(said))
