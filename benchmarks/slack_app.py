"""How fast people are answered in Slack: `/reg` beside the plain search, and a button beside a run that writes.

    PYTHONPATH=. python benchmarks/slack_app.py [--data data/demo-run] [--rounds 25]

The app is the real one, Bolt and all; Slack is a stand-in on loopback, so what the network costs is not in it. `ack` is
when Slack knows that the command arrived, `answer` when the person has it. Without --data the demo is played first.
"""

import argparse
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from slack_bolt import App, BoltRequest

from regintel.clock import Clock
from regintel.config import load_config
from regintel.house import House
from regintel.notify.client import web_client
from regintel.notify.slack import SlackSender
from regintel.records import SearchFilters
from regintel.search.query import search
from regintel.slack_app.app import make_app
from regintel.slack_app.desk import Desk
from regintel.store.database import open_index, read_index
from tests.slack_app_server import SlackAppServer
from tests.slack_server import TOKEN

ROOT = Path(__file__).parent.parent
QUERIES = ("potency assay for CAR-T", "nitrosamine impurities", "医薬品 品質", "征求意见稿", "blorgh snarf")


def play_demo(folder: str) -> Path:
    subprocess.run(
        [sys.executable, "-m", "regintel", "--data", folder, "demo"], cwd=ROOT, check=True, capture_output=True
    )
    return Path(folder) / "demo-run"


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def row(name: str, times: list[float]) -> None:
    ordered = sorted(times)
    p95 = ordered[int(len(ordered) * 0.95)]
    print(f"| {name} | {len(times)} | {statistics.median(times):.0f} | {p95:.0f} | {ordered[-1]:.0f} |")


class Asker:
    """Dispatches what Slack would, and waits for what the person sees."""

    def __init__(self, app: App, slack: SlackAppServer) -> None:
        self.app, self.slack = app, slack

    def ask(self, body: dict[str, object]) -> tuple[float, float]:
        """Return the ms until Slack knew that it arrived, and until the person had the answer."""
        seen, begun = len(self.slack.replies), time.perf_counter()
        request = BoltRequest(mode="socket_mode", body={**body, "response_url": self.slack.response_url})
        assert self.app.dispatch(request).status == 200
        acked = time.perf_counter() - begun
        while len(self.slack.replies) == seen:
            time.sleep(0.0005)
        return acked * 1000, (time.perf_counter() - begun) * 1000

    def command(self, text: str) -> tuple[float, float]:
        """Say `/reg …`."""
        return self.ask({
            "command": "/reg", "text": text, "user_id": "U1", "channel_id": "C0000CART", "team_id": "T1",
            "trigger_id": "1",
        })  # fmt: skip

    def press(self, value: str) -> tuple[float, float]:
        """Press *Useful*."""
        return self.ask({
            "type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1"}, "channel": {"id": "C0000CART"},
            "actions": [{"type": "button", "action_id": "feedback_useful", "block_id": "b", "value": value}],
            "message": {"ts": "1.1"}, "trigger_id": "1",
        })  # fmt: skip


class Writer(threading.Thread):
    """A run beside it: transactions of a hundred rows, one after the other, a fifth of the time between them."""

    def __init__(self, house: House) -> None:
        super().__init__(daemon=True)
        self.house, self.ends = house, threading.Event()

    def run(self) -> None:
        """Write until told to end."""
        with open_index(self.house.config.index) as index:
            number = 0
            while not self.ends.is_set():
                with index.transaction():
                    for _ in range(100):
                        number += 1
                        index.insert("texts", {"hash": f"bench {time.time_ns()} {number}", "text": "x" * 2_000})
                    time.sleep(0.2)
                time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of an index; it is copied first, and not written")
    parser.add_argument("--rounds", type=int, default=25)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, SlackAppServer() as slack, ThreadPoolExecutor(8) as workers:
        given = told.data or play_demo(folder)
        data = Path(folder) / "copy"
        data.mkdir()
        with read_index(given / "index.db") as index:
            index.db.execute("VACUUM INTO ?", [str(data / "index.db")])
        house = House(load_config(ROOT / "config", data, {}), Clock())
        desk = Desk(house, SlackSender(TOKEN, slack.url))
        print(f"first answer, model and index cold: {timed(lambda: desk.found('x')):.0f} ms")
        log = logging.getLogger("bench")
        log.setLevel(logging.CRITICAL)
        asker = Asker(make_app(desk, web_client(TOKEN, slack.url), log, workers), slack)
        plain: list[float] = []
        commands: list[tuple[float, float]] = []
        with read_index(house.config.index) as index:
            for query in QUERIES * told.rounds:  # in turns, so that a busy machine is busy for both
                plain.append(timed(lambda query=query: search(index, house.encoder, query, SearchFilters(), count=5)))
                commands.append(asker.command(query))
            (count,) = index.rows("SELECT count(*) AS n FROM documents")
            pressed = index.row('SELECT "change" AS c, project AS p, document AS d FROM matches JOIN changes ON '
                                'changes.id = matches."change"')  # fmt: skip
        print(f"{count['n']} documents\n\n| ms | times | median | 95th | worst |\n|---|---|---|---|---|")
        row("plain `search`, index open (baseline)", plain)
        row("`/reg QUERY`, ack", [ack for ack, _ in commands])
        row("`/reg QUERY`, answer", [answer for _, answer in commands])
        status = [asker.command("status") for _ in range(told.rounds)]
        row("`/reg status`, answer", [answer for _, answer in status])
        presses = [asker.press(json.dumps(pressed)) for _ in range(told.rounds)]
        row("*Useful*, kept and told", [answer for _, answer in presses])
        writer = Writer(house)
        writer.start()
        beside = [asker.press(json.dumps(pressed)) for _ in range(told.rounds)]
        row("*Useful* beside a run whose transactions last 0.2 s: ack", [ack for ack, _ in beside])
        row("*Useful* beside that run, kept and told", [answer for _, answer in beside])
        searched = [asker.command(query) for _ in range(told.rounds // 5 + 1) for query in QUERIES]
        row("`/reg QUERY` beside that run, answer", [answer for _, answer in searched])
        writer.ends.set()
        writer.join()
        assert all("Kept" in reply["text"] for reply in slack.replies if "Thank you" in reply["text"])
        with read_index(house.config.index) as index:
            (kept,) = index.rows("SELECT count(*) AS n FROM feedback")
        print(f"\nfeedback kept: {kept['n']} of {2 * told.rounds} pressed; torch imported: {'torch' in sys.modules}")


if __name__ == "__main__":
    main()
