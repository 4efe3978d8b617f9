"""A cron expression, read as cron reads it.

Five fields: minute, hour, day of month, month, day of week, where 0 and 7 are Sunday. Days of month and of week
together are refused: cron means either of them, most other programs mean both.
"""

import re
from dataclasses import dataclass

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
EVERY = "*"
# 5   5-20   */10   1-5/2   mon-fri
PART = re.compile(r"(?P<all>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?")
LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True)
class Field:
    """What one field may hold."""

    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()
    """Names of its values, the first for `least`."""

    def values(self, text: str) -> list[int]:
        """Return the values that a field names, in order.

        :raises ValueError: when it is not written as cron writes it.
        """
        return sorted({value for part in text.split(",") for value in self._of(part)})

    def _of(self, part: str) -> range:
        span, slash, step = part.partition("/")
        found = PART.fullmatch(span)
        if found is None or (slash and not (step.isascii() and step.isdecimal() and int(step) > 0)):
            raise ValueError(f"{self.name}: not understood: {part!r}")
        if found["all"]:
            first, last = self.least, self.most
        else:
            first = self._number(found["first"])
            last = self._number(found["last"]) if found["last"] else self.most if slash else first
        if first > last:
            raise ValueError(f"{self.name}: runs backwards: {part!r}")
        return range(first, last + 1, int(step) if slash else 1)

    def _number(self, word: str) -> int:
        if word.casefold() in self.words:
            return self.least + self.words.index(word.casefold())
        if not (word.isascii() and word.isdecimal() and self.least <= int(word) <= self.most):
            raise ValueError(f"{self.name}: not between {self.least} and {self.most}: {word!r}")
        return int(word)


MINUTE, HOUR = Field("minute", 0, 59), Field("hour", 0, 23)
DAY, MONTH = Field("day of month", 1, 31), Field("month", 1, 12, MONTHS)
WEEKDAY = Field("day of week", 0, 7, DAYS)


@dataclass(frozen=True)
class Cron:
    """The fields, each `*` or its values with commas between; days of the week by their names."""

    minute: str
    hour: str
    day: str
    month: str
    day_of_week: str

    @classmethod
    def of(cls, text: str) -> "Cron":
        """Read an expression.

        :raises ValueError: saying what is wrong with it.
        """
        fields = text.split()
        if len(fields) != 5:
            raise ValueError(f"not a cron expression of five fields: {text!r}")
        minute, hour, day, month, weekday = fields
        if day != EVERY and weekday != EVERY:
            raise ValueError("day of month and day of week together mean different things to different programs")
        days = dict.fromkeys(DAYS[value % 7] for value in WEEKDAY.values(weekday))
        if not _happens(DAY.values(day), MONTH.values(month)):
            raise ValueError(f"never happens: day {day} of month {month}")
        return cls(
            minute=_listed(MINUTE, minute),
            hour=_listed(HOUR, hour),
            day=_listed(DAY, day),
            month=_listed(MONTH, month),
            day_of_week=EVERY if len(days) == len(DAYS) else ",".join(days),
        )


def _listed(field: Field, text: str) -> str:
    values = field.values(text)
    return EVERY if text == EVERY else ",".join(str(value) for value in values)


def _happens(days: list[int], months: list[int]) -> bool:
    return any(days[0] <= LONGEST_MONTHS[month - 1] for month in months)
