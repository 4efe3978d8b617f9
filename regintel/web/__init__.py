"""The web page and its JSON: `regintel serve`. Read-only; whatever comes from outside is only shown."""
