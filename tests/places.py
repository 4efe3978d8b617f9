"""Where things lie."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
CAPTURES = ROOT.parent / "shared" / "captures"
"""Real responses; there in CI, not for everybody."""
