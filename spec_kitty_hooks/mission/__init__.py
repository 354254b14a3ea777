"""Reads what a mission says of itself; only `journal` writes, and only the event log."""
