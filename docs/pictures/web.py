"""Makes the pictures of the web page that the documentation shows.

    PYTHONPATH=. python docs/pictures/web.py http://127.0.0.1:8000 [FOLDER]

against a page that is being served, with the browser that the tests use. Pictures have 64 colours, so that each stays
small.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
DOCUMENT = "/documents/fda:considerations-development-chimeric-antigen-receptor-car-t-cell-products"
SHOTS = {
    "search": ("/?q=potency+assay+for+CAR-T", "light"),
    "search-dark": ("/?q=potency+assay+for+CAR-T", "dark"),
    "document": (DOCUMENT, "light"),
    "changes": ("/changes", "light"),
    "deadlines": ("/deadlines", "light"),
    "calendar": ("/deadlines?view=calendar", "light"),
    "matrix": ("/matrix", "light"),
    "project": ("/projects/car-t", "light"),
    "statistics": ("/statistics", "light"),
    "sources": ("/sources", "light"),
}


def shoot(browser: Browser, base: str, folder: Path) -> None:
    """Write a picture of each page."""
    for name, (path, scheme) in SHOTS.items():
        context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        page.goto(base + path)
        page.screenshot(path=folder / f"{name}.png")
        context.close()


def main() -> None:
    """Make the pictures."""
    base = sys.argv[1].rstrip("/")
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        shoot(browser, base, folder)
        browser.close()


if __name__ == "__main__":
    main()
