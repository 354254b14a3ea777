"""Fuzzing: what the package reads from a repository, fed with bytes that nobody meant."""
