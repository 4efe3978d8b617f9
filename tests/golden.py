"""Goldens: what goes out, kept as JSON files to be read by people. `REGINTEL_ACCEPT=1` rewrites them."""

import json
import os
from pathlib import Path


def check(name: str, value: object) -> None:
    """Compare with `golden/NAME.json`; a missing golden is written, and fails so that somebody reads it."""
    path = Path(__file__).parent / "golden" / f"{name}.json"
    told = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    missing = not path.exists()
    if missing or os.environ.get("REGINTEL_ACCEPT") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text(told, encoding="utf-8")
    assert not missing, f"{path} was written; read it, then run again"
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(told)
