"""Serves archived responses on loopback, in the form of the Wayback Machine.

`http://127.0.0.1:PORT/<timestamp>id_/<original URL>` is answered with the newest capture at or before the timestamp; a
short timestamp means the end of what it names, `20251015` the end of that day. Where there is none: 404.

Captures come from WARC files (ours or other crawlers'), from folders of them, and from capture folders, whose form
`folder.py` tells. An address that a capture names goes before one that is found by pattern; of two captures of the same
time the later in the file answers.

Http or https, a trailing slash and the way of percent-encoding make no difference where the exact address is not there.
A 304 that was archived stands for the response it refers to. What lies in a WARC is read from it when it is asked for,
and only served if its digest agrees with it.
"""

from regintel.replay.server import ReplayServer, serve

__all__ = ["ReplayServer", "serve"]
