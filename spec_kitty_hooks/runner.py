"""Judges a change: gathers facts, builds the context, runs the checks, applies policy, returns a Report.

Prints nothing and decides no exit by itself; the same functions serve hooks and commands.
"""

from __future__ import annotations

import os

from spec_kitty_hooks import catalog
from spec_kitty_hooks.checks import CHECKS
from spec_kitty_hooks.checks.ownership import find_owner
from spec_kitty_hooks.git.merges import find_origins
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.logfacts import LogFacts, find_torn_packages
from spec_kitty_hooks.mission.policy import POLICY_PATH, read_policy
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.context import Context
from spec_kitty_hooks.model.git import Change
from spec_kitty_hooks.scope import all_owned, find_self_grants, view_policy
from spec_kitty_hooks.survey import Survey, describe_situation, survey
from spec_kitty_hooks.verdict import COMMIT, conclude, describe_evidence, report_held_policy, report_policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.findings import Finding, Report


class Judgement:
    """One change to judge, with every fact it needs; the survey stays readable for `context` and `explain`."""

    def __init__(self, git: Git, environ: Mapping[str, str], now: float, prefix: bytes = b"") -> None:
        self._git = git
        self._now = now
        # A person in a subdirectory types paths from there: git tells its hooks, a command line knows by itself.
        self._prefix = os.fsencode(environ.get("GIT_PREFIX", "")) if git.hook else prefix
        self.situation = read_situation(git, environ)
        self.survey: Survey = survey(git, self.situation, choice=environ.get("SPEC_KITTY_WP", ""))

    def judge_staged(self) -> Report:
        """Judge what the index holds against the parents that a commit made now would have.

        Codes: the ownership, context, event log and merge families of the catalog.
        """
        parents = self.situation.parents
        sides = [{change.path: change for change in self._git.staged_changes(parent)} for parent in parents or ("",)]
        changes = tuple(sides[0].values())
        own = tuple(change for change in changes if all(change.path in side for side in sides))
        origins = find_origins(self._git, parents, sides, [change.path for change in own])
        touched = {path: change for side in reversed(sides) for path, change in side.items()}
        branch, since = self.situation.branch, self.survey.policy.judge_from
        facts = LogFacts(self._git, self.survey.branches, parents, branch=branch, since=since)
        logs = tuple(facts.gather(touched))
        ctx = self.build_context(changes, own, logs).replace(origins=origins)
        return self._report(ctx, describe_situation(self.situation))

    def judge_paths(self, paths: Sequence[bytes]) -> Report:
        """Judge paths as if they were about to be edited; codes are those of ownership and context."""
        changes = tuple(Change(path, "", 0o100644, 0o100644, "", "") for path in paths)
        subject = f"{len(paths)} path{'' if len(paths) == 1 else 's'} on {self.situation.branch or 'a detached HEAD'}"
        return self._report(self.build_context(changes, changes, (), editing=True), subject)

    def build_context(
        self,
        changes: tuple[Change, ...],
        own: tuple[Change, ...],
        logs: tuple[context.LogChange, ...],
        *,
        editing: bool = False,
    ) -> Context:
        """Put the facts of one change together; other work packages are read only if one of them must be named."""
        found = self.survey
        active = found.active
        owners: tuple[context.Owner, ...] = ()
        if active is not None and found.packages is not None and not all_owned(active, own):
            owners = found.packages.owners(found.packages.ids())
        states = found.snapshot.work_packages if found.snapshot is not None else {}
        return Context(
            situation=self.situation,
            placement=found.placement,
            policy=view_policy(found.policy),
            now=self._now,
            active=active,
            changes=changes,
            own=own,
            self_grants=find_self_grants(self._git, found.placement, own, editing=editing),
            owners=owners,
            owner_lanes={wp_id: state.lane for wp_id, state in states.items()},
            editing=editing,
            copies=found.copies,
            torn_packages=find_torn_packages(found.copies),
            logs=logs,
            withheld=tuple(self._git.withheld),
            prefix=self._prefix,
        )

    def _report(self, ctx: Context, subject: str) -> Report:
        found = [*self._check_policy(ctx), *(finding for check in CHECKS for finding in check(ctx))]
        return conclude(
            self.survey.policy,
            COMMIT,
            found,
            subject=subject,
            applicable=ctx.active is not None or bool(ctx.logs),
            notes=() if self._git.hook else tuple(self._describe_steps(ctx)),
            evidence=describe_evidence(self._git.layout, self.survey),
        )

    def _check_policy(self, ctx: Context) -> Iterator[Finding]:
        """Yield POLICY_INVALID for the policy that holds; a commit that replaces it is held to the new one.

        Not so on a lane, whose own copy of the file counts for nothing. Where nothing is judged, policy is not asked.
        """
        staged = next((change for change in ctx.changes if change.path == POLICY_PATH.encode()), None)
        if staged is not None and not ctx.editing and ctx.placement.role != context.LANE:
            blob = self._git.read(staged.new_oid) if staged.new_mode else None
            policy = read_policy(blob.data if blob else None, catalog.DIAGNOSTICS)
            facts = {"source": f":{POLICY_PATH}", "policy": POLICY_PATH}
            yield from report_policy(ctx, policy, f"staged {POLICY_PATH}", facts)
        elif ctx.placement.role != context.OTHER or ctx.logs:
            yield from report_held_policy(ctx, self.survey)

    def _describe_steps(self, ctx: Context) -> Iterator[str]:
        """Yield the way to the verdict and who owns the whole change, the most specific one (design 4.4)."""
        yield from (f"{step.question} {step.answer}" for step in self.survey.steps)
        owner = find_owner(ctx, ctx.own) if ctx.own else None
        if owner is not None:
            yield f"Who owns the whole change? {owner.work_package.wp_id}"
