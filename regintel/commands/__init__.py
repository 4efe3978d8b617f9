"""The commands, by what they are about. Heavy imports are inside them, so that `--help` is instant."""
