"""How fast a backlog goes out: `python benchmarks/delivery.py [--messages N] [--channels N] [--latency SECONDS...]`.

The stand-in for Slack is a process of its own. It takes one message a second and channel, answers 429 to any more, and
answers after the given seconds. What Slack allows is the time that the fullest channel needs at a message a second.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from json import loads
from pathlib import Path

from regintel.clock import Clock
from regintel.config import Notify
from regintel.jobs.notify import Postman
from regintel.notify.delivery import Receipt
from regintel.notify.slack import SlackSender
from regintel.records import OutboxMessage
from regintel.store.database import open_index
from regintel.store.outbox import add_message

ROOT = Path(__file__).parent.parent
TOKEN = "xoxb-1234-abcd"  # noqa: S105  (the stand-in's)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=1_000)
    parser.add_argument("--channels", type=int, default=20)
    parser.add_argument("--latency", type=float, nargs="+", default=[0.0, 0.05, 0.2])
    told = parser.parse_args()
    print("answer after   messages   seconds   a second   allowed   reached   429   in order")
    for latency in told.latency:
        print(measured(told.messages, told.channels, latency))


def measured(messages: int, channels: int, latency: float) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "accepted.jsonl"
        words = ["-m", "tests.slack_server", "--paced", "--latency", str(latency), "--log", str(log)]
        process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            seconds, limited = sent(Path(scratch) / "index.db", url, messages, channels)
        finally:
            process.kill()
            process.communicate()
        taken = [loads(line) for line in log.read_text().splitlines()]
    by_channel = defaultdict(list)
    for each in taken:
        by_channel[each["channel"]].append(int(each["text"]))
    ordered = all(texts == sorted(set(texts)) for texts in by_channel.values())
    assert len(taken) == len({each["text"] for each in taken}) == messages
    allowed = messages / (-(-messages // channels) - 1)  # the first of each channel waits for nothing
    rate = messages / seconds
    return (
        f"{latency * 1000:9.0f} ms {messages:10} {seconds:9.1f} {rate:10.2f} {allowed:9.2f} {rate / allowed:9.1%}"
        f" {limited:5} {'yes' if ordered else 'NO':>10}"
    )


def sent(path: Path, url: str, messages: int, channels: int) -> tuple[float, int]:
    """Write a backlog and send it; return the seconds of the sending, and how often Slack said not now."""
    sender = Counting(SlackSender(TOKEN, url))
    clock = Clock()
    with open_index(path) as index:
        with index.transaction():
            for number in range(messages):
                add_message(
                    index,
                    kind="alarm",
                    channel=f"C{number % channels:04}",
                    subject=str(number),
                    text=str(number),
                    blocks=[],
                    created_at=clock.now().isoformat(),
                )
        begun = time.perf_counter()
        done = Postman(index, sender, Notify(), clock).send()
        seconds = time.perf_counter() - begun
    assert done.sent == messages, done
    return seconds, sender.calls - messages


class Counting:
    """Counts the posts of a sender."""

    def __init__(self, sender: SlackSender) -> None:
        self._sender, self.calls = sender, 0
        self.find, self.queue = sender.find, sender.queue

    def post(self, message: OutboxMessage) -> Receipt:
        """Send it."""
        self.calls += 1
        return self._sender.post(message)


if __name__ == "__main__":
    main()
