"""Git hooks and a command line that keep the rules of a Spec Kitty mission in any clone."""

__version__ = "0.1.0"
