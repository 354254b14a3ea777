"""A small repository in a temporary directory, where the hooks refuse and allow; every command shown is really run."""
