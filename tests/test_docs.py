"""The documentation's links and paths lead to files of this repository."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "bench" / "README.md"])
_LINK = re.compile(r"\]\(([^):#]+)[^):]*\)")
_CODE = re.compile(r"^```\w+\n.*?^```$", re.DOTALL | re.MULTILINE)
_PATH = re.compile(r"`((?:assay|examples|services|tests|bench|web/src|deploy|catalog|docs|requirements)/[\w./-]*)`")
_OTHER = {
    "deploy/.env",  # made by the operator, as all below deploy/secrets
    "deploy/secrets",
    "deploy/secrets/grafana/admin_password",
    "deploy/secrets/runner/openai_api_key",
    "assay/ledger",  # the source of a fact
    "assay/sandbox-python",  # an image
    "assay/sandbox-polyglot",
    "tests/test_clamp.py",  # in the example of a task
    "services/ledger/database/migrations/versions/NNNN_what.py",  # to be added
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_and_paths_of_a_page_exist(page: Path) -> None:
    text = page.read_text()
    missing = [link for link in _LINK.findall(_CODE.sub("", text)) if not (page.parent / link).exists()]
    missing += [path for path in {*_PATH.findall(text)} - _OTHER if not (ROOT / path).exists()]
    assert missing == []


def test_the_readme_has_links() -> None:
    assert len(_LINK.findall((ROOT / "README.md").read_text())) > 5
