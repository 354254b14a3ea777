"""Which configured remote a push goes to: git gives its hooks a name, or only an address.

Reads configuration; opens no connection.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from spec_kitty_hooks.git.plumbing import Git


def find_remote(git: Git, name: str, url: str) -> str:
    """Return the name of the remote that a push to `name` at `url` goes to; "" if no configured remote is it.

    `git push <url>` gives the address twice; a remote that has it as its url or pushurl is the one.
    """
    known = _read_addresses(git)
    if name in {remote for remote, _address in known}:
        return name
    return next((remote for remote, address in known if address and address in (name, url)), "")


def _read_addresses(git: Git) -> tuple[tuple[str, str], ...]:
    asked = git.program.run("config", "--null", "--get-regexp", r"^remote\..*\.(url|pushurl)$")
    found = []
    for record in asked.out.decode("utf-8", "surrogateescape").split("\0"):
        key, _, address = record.partition("\n")
        if key:
            found.append((key.split(".", 1)[1].rpartition(".")[0], address))
    return tuple(found)
