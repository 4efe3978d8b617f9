"""Makes the pictures of the web page that the documentation shows.

    PYTHONPATH=. python docs/pictures/web.py http://127.0.0.1:8000 FOLDER [NAME...]

against a page that is being served, with the browser that the tests use. `docs/web.md` says of which index.
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
    "changes": ("/changes?agency=fda", "light"),
    "deadlines": ("/deadlines?agency=fda", "light"),
    "calendar": ("/deadlines?view=calendar&agency=fda", "light"),
    "matrix": ("/matrix", "light"),
    "project": ("/projects/car-t", "light"),
    "statistics": ("/statistics", "light"),
    "sources": ("/sources", "light"),
}


def shoot(browser: Browser, base: str, folder: Path, names: list[str]) -> None:
    """Write a picture of each page."""
    for name in names:
        path, scheme = SHOTS[name]
        context = browser.new_context(viewport={"width": 1180, "height": 780}, color_scheme=scheme)
        page = context.new_page()
        page.goto(base + path)
        page.screenshot(path=folder / f"web-{name}.png")
        context.close()


def main() -> None:
    """Make the pictures."""
    base, folder, names = sys.argv[1].rstrip("/"), Path(sys.argv[2]), sys.argv[3:] or list(SHOTS)
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        shoot(browser, base, folder, names)
        browser.close()


if __name__ == "__main__":
    main()
