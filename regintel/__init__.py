"""regintel watches what medicines agencies publish as guidance and tells the channels it matters to."""

__version__ = "0.1.0"
