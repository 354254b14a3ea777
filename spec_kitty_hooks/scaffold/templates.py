"""The texts of a new mission: short headings with one sentence each on what belongs there. Text in, text out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_PACKAGE = "tasks/WP01-first-work-package.md"

_SPEC = """\
# {name}

## Why

Who needs this, and what is wrong without it?

## What must be true at the end

- FR-001: one thing that somebody can check.

## Not part of this

What people may expect here but will not get.
"""

_PLAN = """\
# Plan: {name}

## Approach

How it will be built, and what was decided against.

## Parts of the source that change

- `src/...`: what changes there, and in which work package.

## Risks

What could go wrong, and how that would be noticed.
"""

_TASKS = """\
# Work packages: {name}

One line for each file in `tasks/`, in the order in which the work can start.

- WP01 First work package (FR-001)
"""

_README = """\
# Work packages

One file is one work package: `WPnn-name.md`, a head in YAML between two lines `---`, then the work in words.

| key | what it says |
|---|---|
| `work_package_id` | `WP01`, `WP02` ...; the same as in the file's name |
| `title` | a few words |
| `dependencies` | ids of work packages that have to be done first |
| `subtasks` | ids of steps (`T001` ...), which the client has to mark done before review; may stay empty |
| `execution_mode` | `code_change`, or `planning_artifact` for work on documents in the primary checkout |
| `owned_files` | what this work package may change, from the top of the repository; nothing else |

Patterns in `owned_files`: `src/export/writer.py` is one file, `src/export/**` a whole directory, `*` stays inside one
name. Two work packages may own the same file only if one depends on the other.

A head says nothing about progress: that is in `status.events.jsonl`, which only tools write.

When the heads are right: `spec-kitty-hooks mission finalize {directory}`
"""

_PACKAGE = """\
---
work_package_id: WP01
title: First work package
dependencies: []
subtasks: []
execution_mode: code_change
# What this work package may change, one pattern a line, for example:
# - src/export/**
# - tests/test_export.py
owned_files: []
---

# WP01: First work package

## Goal

What is true when this is done.

## Done when

- a command that shows it.
"""


def render_documents(directory: str, name: str) -> Mapping[str, str]:
    """Return the documents of a new mission by path below its directory, the first work package included."""
    return {
        "spec.md": _SPEC.format(name=name),
        "plan.md": _PLAN.format(name=name),
        "tasks.md": _TASKS.format(name=name),
        "tasks/README.md": _README.format(directory=directory),
        FIRST_PACKAGE: _PACKAGE,
    }
