"""Writes events where a mission's log lives: appended to a file or to a branch, copied beside git, committed.

Decides nothing about events; its caller holds the log's lock. Once an event is durable, whatever else goes wrong is a
problem to report and never a failure (design 1.6).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spec_kitty_hooks import errors, limits, safefile
from spec_kitty_hooks.durable import replace_file
from spec_kitty_hooks.git.recording import record_files
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.git.writing import AGAIN, RefMovedError
from spec_kitty_hooks.mission import acknowledgements, journal
from spec_kitty_hooks.mission.branches import Branches
from spec_kitty_hooks.mission.eventlog import missing_events, parse_log
from spec_kitty_hooks.mission.statusjson import render_status
from spec_kitty_hooks.model.events import EventLog
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.text import quote_shell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.mission.destination import Destination
    from spec_kitty_hooks.model.mission import Mission

APPENDED_ONLY = "EVENT_NOT_COMMITTED"
JOURNAL_MISSED = "EVENT_NOT_COPIED"
SNAPSHOT_MISSED = "STATUS_SNAPSHOT_DRIFT"
_ATTEMPTS = 5  # at a branch that somebody moves without our lock
_UNFINISHED = ("merge", "rebase", "cherry-pick", "revert", "am")


class Problem(Record):
    """What went wrong after an event was durable: a code, a sentence, and the steps that put it right."""

    code: str
    message: str
    remediation: tuple[str, ...] = ()


class Recorder:
    """One log that is written to. `content` is the log as it is now, `commit` the commit that has it, "" if none has.

    `RefMovedError` or `LogMovedError` from `append` means that the decision has to be taken anew.
    """

    def __init__(self, git: Git, environ: Mapping[str, str], mission: Mission, place: Destination) -> None:
        self._git = git
        self._environ = environ
        self._mission = mission
        self._place = place
        self._base = f"kitty-specs/{mission.directory}"
        self.path = os.path.join(place.root, place.path.encode()) if place.root else place.path.encode()
        self.content = b""
        self.commit = ""
        self.problems: list[Problem] = []
        self._parsed = b"", EventLog()

    @property
    def log(self) -> EventLog:
        """The events of `content`."""
        if self._parsed[0] is not self.content:
            self._parsed = self.content, parse_log(self.content)
        return self._parsed[1]

    def append(self, lines: Sequence[bytes], message: str) -> None:
        """Append records, each without its newline; a log that is checked out nowhere is committed with `message`.

        Raises OSError, RefMovedError, LogMovedError or another HooksError if nothing was written, OutcomeUnknownError
        if nobody can vouch for the records.
        """
        if self._place.root:
            self.content = journal.append_events(self.path, lines, self._place.size)
            return
        before = self._read_object(self._place.tip, self._place.path) or b""
        guard = b"\n" if before and not before.endswith(b"\n") else b""
        self.content = before + guard + b"".join(line + b"\n" for line in lines)
        self._record(self._git, self._place.tip, self._place.expected, message)
        try:
            with self._git.reopen() as held:
                blob = held.read(f"refs/heads/{self._place.branch}:{self._place.path}")
        except (OSError, errors.HooksError) as error:
            raise self._doubt(str(error)) from error
        if blob is None or not blob.data.startswith(self.content):
            raise self._doubt("it was replaced or changed meanwhile")

    def _doubt(self, reason: str) -> journal.OutcomeUnknownError:
        step = "run the same command again: it adds only what is missing"
        message = f"the events may not be in {self._place.path} on {self._place.branch}: {reason}"
        return journal.OutcomeUnknownError("WRITE_OUTCOME_UNKNOWN", message, (step,))

    def confirm(self, lines: Sequence[bytes]) -> None:
        """Vouch, as `append` does, for records that an earlier call wrote. Raises OutcomeUnknownError."""
        if self._place.root:
            self.content = journal.confirm_events(self.path, lines)
        else:
            self.content = self._read_object(self._place.tip, self._place.path) or b""
            self.commit = self._place.expected

    def keep(self, lines: Sequence[bytes]) -> None:
        """Copy records beside git's own files, unless they are there."""
        common = self._git.layout.common_dir
        try:
            acknowledgements.keep(common, self._mission, lines)
        except (OSError, journal.OutcomeUnknownError) as error:
            message = f"the event is in the log, but its copy below {os.fsdecode(common)} was not written: {error}"
            self._report(JOURNAL_MISSED, message, f"ls -ld {quote_shell(common)}", "df .")

    def settle(self, message: str, *, commit: bool) -> None:
        """Bring status.json up to date and commit both files to the log's branch, and nothing else."""
        if not self._place.root:
            return  # appending committed it
        try:
            if status := self._render_status():
                replace_file(os.path.join(self._place.root, f"{self._base}/status.json".encode()), status)
        except OSError as error:
            name = f"{self._base}/status.json"
            self._report(SNAPSHOT_MISSED, f"{name} was not brought up to date: {error.strerror}", f"ls -ld {name}")
        if commit:
            self._commit(message)

    def _commit(self, message: str) -> None:
        reason = f"{self._place.branch} was moved {_ATTEMPTS} times meanwhile"
        operation = ""
        steps: tuple[str, ...] = ()
        for _attempt in range(_ATTEMPTS):
            try:
                operation = self._find_unfinished()
                reason = self._find_obstacle(operation) or self._commit_now(message)
            except RefMovedError:
                continue
            except errors.HooksError as error:
                # The same command again would be another event: what is left to do is the commit.
                reason, steps = error.message, tuple(step for step in error.remediation if AGAIN not in step)
            except OSError as error:
                reason = str(error)
            break
        if reason:
            self._report(
                APPENDED_ONLY, f"appended, not committed: {reason}", *steps, *self._commit_by_hand(message, operation)
            )

    def _commit_now(self, message: str) -> str:
        with self._git.reopen() as git:
            tip = Branches(git.refs()).local(self._place.branch)
            self._record(git, tip.oid if tip else "", tip.oid if tip else "", message)
        return ""

    def _find_unfinished(self) -> str:
        """Return what git is in the middle of in the log's work tree, "" if a commit can be made there."""
        operation = read_situation(type(self._git).open(self._place.root, self._environ, hook=False), {}).operation
        return operation if operation in _UNFINISHED else ""

    def _find_obstacle(self, operation: str) -> str:
        """Return why the log cannot be committed as it is; "" if it can."""
        if operation:
            return f"a {operation} is in progress in {os.fsdecode(self._place.root)}"
        with self._git.reopen() as git:
            tip = Branches(git.refs()).local(self._place.branch)
            blob = git.read(f"{tip.oid}:{self._place.path}") if tip else None
        if blob is None or self.content.startswith(blob.data):
            return ""
        lost = missing_events(parse_log(blob.data), self.log)
        return f"the file lacks events that {self._place.branch} has, {lost[0].event_id} for one" if lost else ""

    def _record(self, git: Git, base: str, expected: str, message: str) -> None:
        files = {self._place.path.encode(): self.content}
        if status := self._render_status():
            files[f"{self._base}/status.json".encode()] = status
        made = record_files(git, branch=self._place.branch, base=base, expected=expected, files=files, message=message)
        self.commit = made.commit or base
        for problem in made.problems:
            self._report("INDEX_NOT_MOVED", problem)

    def _commit_by_hand(self, message: str, operation: str) -> tuple[str, str]:
        where = f"git -C {quote_shell(self._place.root)}"
        paths = f"{self._place.path} {self._base}/status.json"
        # Git makes no commit of single files in the middle of a merge: they go into its own.
        commit = f"{operation} --continue" if operation else f"commit -m {quote_shell(message)} -- {paths}"
        return f"{where} add -- {paths}", f"{where} {commit}"

    def _render_status(self) -> bytes | None:
        """Return status.json; None if meta.json cannot be read, without which upstream writes none either."""
        name = f"{self._base}/meta.json"
        if self._place.root:
            meta = safefile.read_file(self._place.root, name.encode(), limits.JSON_FILE_BYTES).data
        else:
            meta = self._read_object(self._place.tip, name)
        return render_status(self.log, meta)

    def _read_object(self, commit: str, path: str) -> bytes | None:
        blob = self._git.read(f"{commit}:{path}")
        return blob.data if blob is not None and blob.kind == "blob" else None

    def _report(self, code: str, message: str, *steps: str) -> None:
        self.problems.append(Problem(code=code, message=message, remediation=steps))
