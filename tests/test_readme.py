"""The README's links lead to files of this repository."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_relative_links_lead_to_files() -> None:
    targets = re.findall(r"\]\(([^):#]+)[^):]*\)", (ROOT / "README.md").read_text())
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
