"""From an agency's bytes to clean words: HTML bodies, titles, dates and times."""
