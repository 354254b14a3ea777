"""Next steps that several codes share; a finding fills in the `{names}`, and a step with a hole is left out."""

from __future__ import annotations

# How to take a path out of the commit again, and how to give an event log back what it had: facts say which applies.
UNSTAGE = (
    "git restore --staged -- {staged}",
    "git restore --staged --source={base} -- {amended}",
    "git restore --staged --source={side} -- {brought}",
    "git rm --cached -- {unborn}",
)
RESTORE = (
    "git restore --staged --source={base} -- {restored}",
    "git rm --cached -- {unborn}",
    "keep the lines of both sides in {united} and nothing else, then git add it and commit again",
)
INSTEAD = "make this change on branch {target} instead"
EXPLAIN = "spec-kitty-hooks explain {path}"
CONTEXT = "spec-kitty-hooks context"
WHERE = "spec-kitty-hooks where {mission}"
SHOW = "git show {source}"
RECOVER = "spec-kitty-hooks recover {wp} --mission {mission}"
STATUS = "spec-kitty-hooks status {mission}"
LOG = "spec-kitty-hooks log {mission} --wp {wp}"
# In history that is committed already: one more commit undoes it, or a person has to look first.
UNDO = ("git revert --no-edit {reverted}", "git show {looked_at}")
LOOK = "git diff {compared} -- {differing}"
ADOPT = "if this is old history, name the commit to judge from in {adopted}: judge_from, under policy.hooks"
FETCH = "git fetch {remote}"
