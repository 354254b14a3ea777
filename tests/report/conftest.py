"""The standard's own schema, as Microsoft publishes it for the tools that write SARIF."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from support import managers

SCHEMA = "package/lib/schemas/sarif-2.1.0-rtm.5.json"


@pytest.fixture(scope="session")
def sarif_schema(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The JSON schema of SARIF 2.1.0, downloaded once; format checks included, it is strict."""
    cache = getattr(request.config, "cache", None)
    kept = Path(cache.mkdir("report")) if cache is not None else tmp_path_factory.getbasetemp() / "report"

    def build(target: Path) -> None:
        package = f"@microsoft/jest-sarif@{managers.JEST_SARIF}"
        managers.download("npm", "pack", "--silent", "--pack-destination", target, package, cwd=target)
        (archive,) = target.glob("*.tgz")
        with tarfile.open(archive) as packed:
            member = packed.extractfile(SCHEMA)
            assert member is not None
            (target / "schema.json").write_bytes(member.read())

    place = managers.obtain(kept, f"jest-sarif-{managers.JEST_SARIF}", build)
    schema = json.loads((place / "schema.json").read_bytes())
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
