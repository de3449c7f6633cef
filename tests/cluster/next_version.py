"""A next version of Assay: the same services, and one more migration."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.cluster.settings import ClusterSettings

_VERSIONS = Path(__file__).parents[2] / "services" / "ledger" / "database" / "migrations" / "versions"
_TABLE = "CREATE TABLE next_version (id integer PRIMARY KEY)"


def build_next_version(settings: ClusterSettings) -> str:
    """Build and load its images; returns their tag."""
    tag = f"{settings.tag}-next"
    last = max(path.stem for path in _VERSIONS.glob("[0-9]*.py"))
    revision = re.search(r'^revision.*= "(.+)"', (_VERSIONS / f"{last}.py").read_text(), re.MULTILINE)
    assert revision
    migration = (
        f'from alembic import op\n\nrevision = "9999"\ndown_revision = "{revision[1]}"\n'
        f'branch_labels = depends_on = None\n\n\ndef upgrade() -> None:\n    op.execute("{_TABLE}")\n'
    )
    folder = "/app/services/ledger/database/migrations/versions"
    for service in ("gateway", "ledger", "runner", "judge"):
        write = f"RUN printf %b {_quoted(migration)} > {folder}/9999_next_version.py\n" if service == "ledger" else ""
        user = ("USER 0\n", "USER 10001:10001\n") if write else ("", "")
        dockerfile = f"FROM assay/{service}:{settings.tag}\n{user[0]}{write}{user[1]}"
        image = f"assay/{service}:{tag}"
        command = ["docker", "build", "--quiet", "--tag", image, "-"]
        subprocess.run(command, input=dockerfile.encode(), check=True, capture_output=True)
        settings.load(image)
    return tag


def _quoted(text: str) -> str:
    return "'" + text.replace("\n", "\\n\\\n") + "'"
