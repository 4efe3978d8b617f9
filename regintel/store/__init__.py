"""The index: what was read, what changed, what it is about, whom it was told. Only this room knows sqlite-utils."""
