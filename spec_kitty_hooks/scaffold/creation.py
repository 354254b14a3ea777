"""Makes a new mission's directory: whole or not at all, and never over something that is there."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from spec_kitty_hooks.durable import sync_directory
from spec_kitty_hooks.errors import UsageError
from spec_kitty_hooks.mission.registry import ROOT
from spec_kitty_hooks.model.ids import new_ulid
from spec_kitty_hooks.scaffold.identity import check_slug, directory_name, friendly_name
from spec_kitty_hooks.scaffold.models import BirthPayload, BirthRecord, Meta, MissionCreated, Topology
from spec_kitty_hooks.scaffold.templates import FIRST_PACKAGE, render_documents
from spec_kitty_hooks.text import escape, quote_shell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from spec_kitty_hooks.scaffold.checkout import Checkout

ENTROPY_BYTES = 20  # for two ids: the mission's and its first event's


class Request:
    """What somebody asked for. `name` and `target` may be "": a name made from the slug, the current branch."""

    def __init__(self, slug: str, *, name: str = "", target: str = "", topology: Topology = "lanes") -> None:
        self.slug = slug
        self.name = name
        self.target = target
        self.topology: Topology = topology


def create_mission(checkout: Checkout, request: Request, now: datetime, entropy: bytes) -> MissionCreated:
    """Write a new mission into the work tree and return what was made; nothing is staged or committed.

    `now` has a time zone; `entropy` is ENTROPY_BYTES random bytes. Raises UsageError for a slug that cannot be one
    (`MISSION_SLUG_INVALID`) or is taken (`MISSION_EXISTS`), for a name that commands a terminal
    (`MISSION_NAME_INVALID`), and for a target that is not the current branch.
    """
    check_slug(request.slug)
    _check_name(request.name)
    _check_target(request.target, checkout.branch)
    _check_free(checkout, request.slug)
    meta = _compose_meta(request, checkout.branch, now, new_ulid(now.timestamp(), entropy[:10]))
    files = _render(meta, new_ulid(now.timestamp(), entropy[10:]))
    _write_directory(os.path.join(checkout.top, ROOT.encode()), meta.slug.encode(), files)
    path = f"{ROOT}/{meta.slug}"
    return MissionCreated(
        mission=meta.slug,
        mission_id=meta.mission_id,
        path=path,
        target_branch=meta.target_branch,
        topology=meta.topology,
        files=[f"{path}/{name}" for name in sorted(files)],
        next_steps=[
            f"edit {path}/spec.md and {path}/{FIRST_PACKAGE}: say in owned_files what WP01 may change",
            f"spec-kitty-hooks mission finalize {meta.slug}",
        ],
    )


def _compose_meta(request: Request, branch: str, now: datetime, mission_id: str) -> Meta:
    directory = directory_name(request.slug, mission_id)
    return Meta(
        created_at=now.isoformat(timespec="microseconds"),
        friendly_name=request.name or friendly_name(request.slug),
        mission_id=mission_id,
        mission_slug=directory,
        slug=directory,
        target_branch=branch,
        topology=request.topology,
    )


def _check_name(name: str) -> None:
    if not name.isprintable():  # it would go raw into documents and other tools' output
        problem = f"the name {escape(name)} has control characters, or bytes that are not UTF-8"
        raise UsageError("MISSION_NAME_INVALID", problem, ("give it a --name of plain text, on one line",))


def _check_target(target: str, branch: str) -> None:
    if target and target != branch:
        raise UsageError(
            "MISSION_TARGET_NOT_CHECKED_OUT",
            f"a mission is planned on its target branch; that would be {target}, and {branch} is checked out",
            (f"git switch {quote_shell(target)}", f"or, if it is new: git switch -c {quote_shell(target)}"),
        )


def _check_free(checkout: Checkout, slug: str) -> None:
    for mission in checkout.missions():
        if mission.directory in (slug, directory_name(slug, mission.mission_id)):
            raise UsageError(
                "MISSION_EXISTS",
                f"{ROOT}/{mission.directory} has this slug, and nothing is ever overwritten",
                (f"spec-kitty-hooks mission finalize {mission.directory}", f"spec-kitty-hooks mission new {slug}-2"),
            )


def _render(meta: Meta, event_id: str) -> Mapping[str, bytes]:
    payload = BirthPayload(
        created_at=meta.created_at,
        friendly_name=meta.friendly_name,
        mission_id=meta.mission_id,
        mission_slug=meta.mission_slug,
        target_branch=meta.target_branch,
    )
    birth = BirthRecord(aggregate_id=meta.mission_id, event_id=event_id, payload=payload, timestamp=meta.created_at)
    documents = render_documents(meta.mission_slug, meta.friendly_name)
    return {
        "meta.json": meta.render(),
        "status.events.jsonl": birth.render() + b"\n",
        **{name: text.encode() for name, text in documents.items()},
    }


def _write_directory(parent: bytes, name: bytes, files: Mapping[str, bytes]) -> None:
    """Write beside the final name and rename, so that no reader ever meets half a mission."""
    os.makedirs(parent, exist_ok=True)
    place, final = os.path.join(parent, b".new-" + name), os.path.join(parent, name)
    if os.path.islink(parent) or os.path.lexists(final):
        taken = os.fsdecode(parent if os.path.islink(parent) else final)
        raise UsageError("MISSION_EXISTS", f"{taken} is in the way", (f"ls -ld {quote_shell(taken)}",))
    os.mkdir(place)
    try:
        for path, content in files.items():
            _write_file(os.path.join(place, path.encode()), content)
        os.rename(place, final)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    sync_directory(parent)


def _write_file(path: bytes, content: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
