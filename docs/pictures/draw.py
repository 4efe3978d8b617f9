"""Draw a digest as Slack shows it: the message's blocks as HTML, photographed by a headless Chromium.

    regintel demo --json | python docs/pictures/draw.py car-t docs/pictures/digest.png --entries 8

The last digest of that project is drawn: its first message, with so many of its entries. What is left out is said in
the picture. Nothing is fetched; letters that the machine has no font for (Japanese, Chinese) come out as boxes.
"""

import argparse
import json
import re
import struct
import sys
import zlib
from base64 import b64encode
from collections.abc import Iterator
from html import escape
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-lcd-text"]
STYLE = """
body { margin: 0; background: #fff; color: #1d1c1d; width: 760px;
       font: 15px/1.467 Lato, "Helvetica Neue", "DejaVu Sans", sans-serif; }
main { display: flex; gap: 10px; padding: 14px 20px 16px; }
.face { flex: none; width: 36px; height: 36px; border-radius: 6px; background: #1f5a6b; color: #fff;
        font-size: 17px; font-weight: 700; display: grid; place-items: center; }
.who b { font-weight: 900; }
.who i { background: #ddd; color: #616061; border-radius: 2px; padding: 1px 3px; margin: 0 4px;
         font-size: 10px; font-weight: 700; font-style: normal; }
.who span { color: #616061; font-size: 12px; }
h1 { font-size: 18px; line-height: 1.33; margin: 8px 0 4px; font-weight: 900; }
p { margin: 8px 0; }
hr { border: 0; border-top: 1px solid #ddd; margin: 12px 0 10px; }
a { color: #1264a3; text-decoration: none; }
b { font-weight: 700; }
small { display: block; color: #616061; font-size: 12.5px; line-height: 1.45; margin: 8px 0 0; }
button { font: 700 13px/1 inherit; font-family: inherit; color: #1d1c1d; background: #fff; border: 1px solid #c4c4c5;
         border-radius: 4px; padding: 6px 11px; margin: 0 8px 6px 0; }
.cut { color: #616061; border-top: 1px dashed #c4c4c5; font-size: 12.5px; padding-top: 6px; font-style: italic; }
"""


COLOURS = """
async (photo) => {
  const image = new Image();
  image.src = `data:image/png;base64,${photo}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, image.width, image.height);
  const palette = new Map(), pixels = [];
  for (let at = 0; at < data.length; at += 4) {
    const colour = [data[at] >> 4, data[at + 1] >> 4, data[at + 2] >> 4].join();
    if (!palette.has(colour)) palette.set(colour, palette.size);
    pixels.push(palette.get(colour));
  }
  return { width: image.width, height: image.height, palette: [...palette.keys()], pixels };
}
"""
"""A photograph in sixteen shades a channel: text in few colours, and a third of the bytes."""


def drawn(block: dict) -> str:
    """Return a block as HTML."""
    match block["type"]:
        case "header":
            return f"<h1>{escape(block['text']['text'])}</h1>"
        case "section":
            return f"<p>{words(block['text']['text'])}</p>"
        case "context":
            return "".join(f"<small>{words(each['text'])}</small>" for each in block["elements"])
        case "divider":
            return "<hr>"
        case "actions":
            return "".join(f"<button>{escape(each['text']['text'])}</button>" for each in block["elements"])
    raise SystemExit(f"draw.py: no drawing of {block['type']!r}")


def words(text: str) -> str:
    """Return mrkdwn as HTML: links, bold, line breaks; `&`, `<` and `>` are escaped in it already."""
    linked = re.sub(r"<(https?://[^|>]+)\|([^>]+)>", r'<a href="\1">\2</a>', text)
    return re.sub(r"\*([^*\n]+)\*", r"<b>\1</b>", linked).replace("\n", "<br>")


def shortened(blocks: list[dict], entries: int) -> Iterator[str]:
    """Yield the drawings of the first entries, what they stand under, and the footer."""
    top, body, footer = blocks[:2], blocks[2:-1], blocks[-1]
    is_entry = ["\n" in block.get("text", {}).get("text", "") for block in body]
    last = [at for at, told in enumerate(is_entry) if told][:entries][-1:]
    shown = body[: last[0] + 1] if last else body
    yield from map(drawn, (*top, *shown))
    if left := sum(is_entry) - sum(is_entry[: len(shown)]):
        yield f'<p class="cut">{left} more entries stand here; this picture leaves them out.</p>'
    yield drawn(footer)


def png(picture: dict) -> bytes:
    """Return a picture of at most 256 colours as PNG."""
    width, height, pixels = picture["width"], picture["height"], bytes(picture["pixels"])
    palette = bytes(int(shade) * 17 for colour in picture["palette"] for shade in colour.split(","))
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0),
        b"PLTE": palette,
        b"IDAT": zlib.compress(rows, 9),
        b"IEND": b"",
    }
    chunks = (struct.pack(">I", len(each)) + kind + each + struct.pack(">I", zlib.crc32(kind + each))
              for kind, each in parts.items())  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def main() -> None:
    """Read a run's or a demo's JSON, write a picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("project")
    parser.add_argument("picture", type=Path)
    parser.add_argument("--entries", type=int, default=100)
    asked = parser.parse_args()
    told = json.load(sys.stdin)["digests"]
    flat = [each for day in told for each in (day if isinstance(day, list) else [day])]
    blocks = [each["blocks"] for each in flat if each["project"] == asked.project][-1]
    body = "".join(shortened(blocks, asked.entries))
    head = '<div class="who"><b>regintel</b><i>APP</i><span>7:00 AM</span></div>'
    page = f'<meta charset="utf-8"><style>{STYLE}</style><main><div class="face">r</div><div>{head}{body}</div></main>'
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        window = browser.new_page(viewport={"width": 760, "height": 400})
        window.set_content(page)
        photo = window.locator("main").screenshot()
        asked.picture.write_bytes(png(window.evaluate(COLOURS, b64encode(photo).decode())))
        browser.close()


if __name__ == "__main__":
    main()
