"""The part of SARIF 2.1.0 that we write, as strict models: names and nesting are the standard's (OASIS, 2020).

Data only. Field names turn into the standard's camelCase when they are written.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Level = Literal["error", "warning", "note"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel, populate_by_name=True)


class Text(_Model):
    """A message: literal braces are doubled (3.11.5), square brackets outside of links escaped (3.11.6)."""

    text: str


class Configuration(_Model):
    """What a rule does unless somebody says otherwise."""

    level: Level


class Rule(_Model):
    """One diagnostic code (reportingDescriptor)."""

    id: str
    short_description: Text
    full_description: Text
    help: Text
    default_configuration: Configuration
    properties: dict[str, Any]


class Driver(_Model):
    """This program (toolComponent)."""

    name: str
    version: str
    rules: list[Rule]


class Tool(_Model):
    """What made the run."""

    driver: Driver


class Place(_Model):
    """A file or directory (artifactLocation): an absolute URI, or one relative to a base that the run names."""

    uri: str
    uri_base_id: str | None = None


class Base(_Model):
    """Something that only names its base (artifactLocation without a URI)."""

    uri_base_id: str


class Region(_Model):
    """A part of a file; lines count from 1."""

    start_line: int


class Physical(_Model):
    """Where in which file (physicalLocation)."""

    artifact_location: Place
    region: Region | None = None


class Logical(_Model):
    """What, other than a file, is concerned (logicalLocation): a work package or a branch."""

    fully_qualified_name: str


class Location(_Model):
    """Where a result is shown."""

    physical_location: Physical
    logical_locations: list[Logical] | None = None


class Result(_Model):
    """One finding."""

    rule_id: str
    rule_index: int
    level: Level
    message: Text
    locations: list[Location]
    partial_fingerprints: dict[str, str]
    properties: dict[str, Any]


class Invocation(_Model):
    """How the program ran; not successful means that something could not be judged."""

    execution_successful: bool
    exit_code: int
    exit_code_description: str
    working_directory: Place | None = None


class Provenance(_Model):
    """Which commit of which repository was judged (versionControlDetails)."""

    repository_uri: str
    revision_id: str | None = None
    mapped_to: Base | None = None


class Run(_Model):
    """One run of the program."""

    tool: Tool
    invocations: list[Invocation]
    version_control_provenance: list[Provenance] | None = None
    original_uri_base_ids: dict[str, Place] | None = None
    column_kind: Literal["unicodeCodePoints"] = "unicodeCodePoints"
    results: list[Result]
    properties: dict[str, Any]


class Log(_Model):
    """A whole SARIF file."""

    schema_uri: str = Field(
        alias="$schema",
        default="https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    )
    version: Literal["2.1.0"] = "2.1.0"
    runs: list[Run]
