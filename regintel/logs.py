"""Logs that text from outside cannot forge: one event, one line, no control characters."""

import logging
import re

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""Return the text with what a terminal or log reader would obey written out, as `\x1b`."""
    return UNPRINTABLE.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


class OneLineFormatter(logging.Formatter):
    """Formats a record on one line; a traceback keeps its lines, indented."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        head, *rest = super().format(record).split("\n") if record.exc_info else [super().format(record)]
        return "\n".join([printable(head), *(f"    {printable(line)}" for line in rest)])


def configure(logger: logging.Logger, level: int) -> None:
    """Send a logger's records to stderr, a line each."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLineFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(level)  # loggers below this one may have opened themselves wider
    logger.handlers = [handler]
    logger.setLevel(level)
