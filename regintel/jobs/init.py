"""The starter configuration."""

import shutil
from pathlib import Path

from regintel.config import shipped
from regintel.exceptions import UsageError


def write_starter(folder: Path) -> list[Path]:
    """Write the shipped configuration into a folder; return the files.

    :raises UsageError: when there is one already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty; nothing was written")
    shutil.copytree(shipped("config"), folder, dirs_exist_ok=True)
    return sorted(path for path in folder.rglob("*") if path.is_file())
