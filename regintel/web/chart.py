"""Where marks stand in a drawing: plain numbers, which a template writes as SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median


@dataclass(frozen=True)
class Bar:
    """One bar; the drawing's zero is at the top left."""

    x: float
    y: float
    width: float
    height: float
    name: str
    count: int


@dataclass(frozen=True)
class Row:
    """The bars of one agency, on a scale of their own agency's row or of all."""

    name: str
    bars: tuple[Bar, ...]
    most: int
    total: int


def rows(
    names: Sequence[str], months: Sequence[str], counts: Mapping[tuple[str, str], int], width: int, height: int
) -> list[Row]:
    """Return a row of bars for each name, every row on its own scale, whose end is told beside it.

    :param counts: by name and month.
    """
    step = width / max(1, len(months))
    made = []
    for name in names:
        here = [counts.get((name, each), 0) for each in months]
        most = max(here, default=0)
        bars = tuple(
            Bar(round(at * step, 2), round(height - tall, 2), round(step * 0.72, 2), round(tall, 2), each, count)
            for at, (each, count) in enumerate(zip(months, here, strict=True))
            if (tall := height * count / most if most else 0.0) or not count
        )
        made.append(Row(name, bars, most, sum(here)))
    return made


@dataclass(frozen=True)
class Strip:
    """The durations of one agency on a line, in months."""

    name: str
    points: tuple[tuple[float, float], ...]
    """Place on the line, and months."""
    middle: float
    middle_at: float


def strips(durations: Mapping[str, Sequence[float]], longest: float, width: int) -> list[Strip]:
    """Return each name's durations as places on a line that ends at the longest."""

    def place(months: float) -> float:
        return round(width * months / longest, 2) if longest else 0.0

    return [
        Strip(
            name, tuple((place(each), round(each, 1)) for each in sorted(values)), round(median(values), 1),
            place(median(values)),
        )
        for name, values in durations.items()
        if values
    ]  # fmt: skip


def months_until(day: date, count: int) -> list[str]:
    """Return so many months up to a day's, oldest first, as `YYYY-MM`."""
    last = day.year * 12 + day.month - 1
    return [f"{at // 12:04}-{at % 12 + 1:02}" for at in range(last - count + 1, last + 1)]


def months_between(start: str, end: str) -> float:
    """Return the months between two ISO days, a month being a twelfth of 365.25 days."""
    return (date.fromisoformat(end) - date.fromisoformat(start)).days / (365.25 / 12)
