"""Which remote a branch is shared through or a push goes to, what is known of it, since when: from settings and refs.

Opens no connection, and writes nothing.
"""

from __future__ import annotations

import os

from spec_kitty_hooks import limits, safefile
from spec_kitty_hooks.git.names import is_ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spec_kitty_hooks.git.plumbing import Git

TARGET_REMOTE = "spec-kitty-hooks.targetRemote"
_ASKED = r"^(remote\..*\.(url|pushurl|fetch)|remote\.pushdefault|branch\..*\.(remote|pushremote)|spec-kitty-hooks\..*)$"
_ADDRESSES = ("url", "pushurl")
_HEADS = "refs/heads/"
_REMOTES = "refs/remotes/"
_FETCHED = b"FETCH_HEAD"


class Remotes:
    """The remotes of one repository, as its configuration has them."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._values = _read(git)
        names = {name for name, _setting, _values in self._list_settings()}
        self.names = tuple(sorted(filter(is_remote_name, names)))

    def choose(self, branch: str) -> str:
        """Return the remote that `branch` is shared through; "" if there is none.

        What `spec-kitty-hooks.targetRemote` says counts (fork workflows), even if there is no such remote; else the
        branch's own remote, else origin, else the only one.
        """
        return self._last(TARGET_REMOTE.lower()) or self._choose_usual(branch)

    def choose_push(self, branch: str) -> str:
        """Return the remote that a branch of one's own is pushed to, from which it is proposed for `branch`.

        Git's `remote.pushDefault`; else the remote that `branch` would have without `spec-kitty-hooks.targetRemote`.
        """
        wanted = self._last("remote.pushdefault")
        return wanted if wanted in self.names else self._choose_usual(branch)

    def find(self, name: str, url: str) -> str:
        """Return the name of the remote that a push to `name` at `url` goes to, as its hook is told; "" for none.

        `git push <url>` gives the address twice; a remote that has it as its url or pushurl is the one. Git takes any
        name that has an address, those too that `names` leaves out.
        """
        known = [(remote, values) for remote, setting, values in self._list_settings() if setting in _ADDRESSES]
        if name in [remote for remote, _values in known]:
            return name
        asked = {name, url} - {""}
        return next((remote for remote, values in known if not asked.isdisjoint(values)), "")

    def tracking_ref(self, remote: str, branch: str) -> str:
        """Return the full name of the ref in which a fetch from `remote` keeps `branch`, whether it exists or not."""
        wanted = _HEADS + branch
        for refspec in self._values.get(f"remote.{remote}.fetch", ()):
            source, _colon, target = refspec.removeprefix("+").partition(":")
            head, star, tail = source.partition("*")
            if not star and source != wanted:
                continue
            if not (wanted.startswith(head) and wanted.endswith(tail) and len(wanted) >= len(head) + len(tail)):
                continue
            found = target.replace("*", wanted[len(head) : len(wanted) - len(tail)]) if star else target
            if found.startswith(_REMOTES) and is_ref(found.encode("utf-8", "surrogateescape")):
                return found
        return f"{_REMOTES}{remote}/{branch}"

    def last_seen(self, remote: str, branch: str, oid: str) -> int | None:
        """Return when `branch` of `remote` was last seen to be at `oid`, in seconds since the epoch; None: unknown.

        From what `git fetch` writes down (FETCH_HEAD of any work tree), and from the reflogs of the tracking ref, which
        a push moves too, and of the remote's HEAD, which a clone makes.
        """
        refs = (self.tracking_ref(remote, branch), f"{_REMOTES}{remote}/HEAD")
        logged = [self._last_logged(ref, oid) for ref in refs]
        seen = [moment for moment in (*self._last_fetched(remote, branch, oid), *logged) if moment is not None]
        return max(seen, default=None)

    def _choose_usual(self, branch: str) -> str:
        own = self._last(f"branch.{branch}.remote")
        if own in self.names:
            return own
        if "origin" in self.names:
            return "origin"
        return self.names[0] if len(self.names) == 1 else ""

    def _list_settings(self) -> Iterator[tuple[str, str, Sequence[str]]]:
        """Yield what is set about a remote: its name, the setting, and the values in order."""
        for key, values in self._values.items():
            section, _dot, rest = key.partition(".")
            name, dot, setting = rest.rpartition(".")
            if section == "remote" and dot:
                yield name, setting, values

    def _last(self, key: str) -> str:
        return self._values.get(key, ("",))[-1]

    def _last_logged(self, ref: str, oid: str) -> int | None:
        words = ("log", "--walk-reflogs", "--max-count=1", "--no-show-signature", "--date=unix", "--format=%H %gd")
        asked = self._git.program.run(*words, ref, "--")
        line = asked.out.decode("utf-8", "surrogateescape").rstrip("\n")
        moment = line.rpartition("@{")[2].removesuffix("}")
        return int(moment) if line.startswith(oid) and moment.isdigit() else None

    def _last_fetched(self, remote: str, branch: str, oid: str) -> Iterator[int]:
        start, middle = f"{oid}\t".encode(), f"\tbranch '{branch}' of ".encode("utf-8", "surrogateescape")
        urls: tuple[bytes, ...] = ()
        for place in _list_git_dirs(self._git.layout.common_dir):
            found = safefile.read_file(place, _FETCHED, limits.JSON_FILE_BYTES).data or b""
            for line in found.split(b"\n"):
                if line.startswith(start) and middle in line:
                    urls = urls or self._spell_url(remote)
                    if line.partition(middle)[2] in urls:
                        yield int(os.stat(os.path.join(place, _FETCHED)).st_mtime)

    def _spell_url(self, remote: str) -> tuple[bytes, ...]:
        """Return a remote's URL as FETCH_HEAD may have it: without `.git`, with and without a user."""
        asked = self._git.program.run("ls-remote", "--get-url", remote)
        url = asked.out.rstrip(b"\n")
        return _shorten(url), _shorten(_without_user(url))


def is_remote_name(name: str) -> bool:
    """Tell whether `name` can be a remote's; one that git would take for an option is none."""
    return not name.startswith("-") and is_ref(f"{_REMOTES}{name}/x".encode("utf-8", "surrogateescape"))


def _read(git: Git) -> Mapping[str, Sequence[str]]:
    """Return the settings about remotes: key, as git spells it, to its values in order."""
    asked = git.program.run("config", "-z", "--get-regexp", _ASKED)
    values: dict[str, list[str]] = {}
    for entry in asked.out.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        key, _newline, value = entry.partition("\n")
        values.setdefault(key, []).append(value)
    return values


def _list_git_dirs(common_dir: bytes) -> Iterator[bytes]:
    """Yield the directories that have a FETCH_HEAD of their own: each work tree's."""
    yield common_dir
    linked = os.path.join(common_dir, b"worktrees")
    if os.path.isdir(linked):
        yield from (os.path.join(linked, name) for name in os.listdir(linked))


def _shorten(url: bytes) -> bytes:
    return url.rstrip(b"/").removesuffix(b".git")


def _without_user(url: bytes) -> bytes:
    """Return a URL as git shows it: a user, and a password, are left out."""
    before, at, rest = url.partition(b"@")
    scheme, mark, user = before.partition(b"://")
    if not at or b"/" in user or (not mark and b":" not in rest):
        return url
    return scheme + mark + rest if mark else rest
