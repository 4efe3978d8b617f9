"""The shipped configuration with two sources only: what is true of a run is true of two, in a tenth of the time."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from tests.places import ROOT

TWO = ("fda_guidance", "mhra_guidance")


def copy_of_two(folder: Path) -> Path:
    """Copy the shipped configuration to a folder that is not there yet, with two of its sources."""
    others = {path.name for path in (ROOT / "config" / "sources").glob("*.toml") if path.stem not in TWO}
    shutil.copytree(ROOT / "config", folder, ignore=lambda _, names: others & set(names))
    return folder


@cache
def two_sources() -> Path:
    """Return such a configuration, to be read only."""
    scratch = Path(tempfile.mkdtemp(prefix="regintel-tests-"))
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    return copy_of_two(scratch / "config")
