"""The `stem` command: what it calls, what it shows."""
