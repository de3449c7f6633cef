"""Mutated files of the real catalogue load or are listed, never raise anything else. ``python -m tests.catalog.fuzz``
loads more of them."""

from __future__ import annotations

import os

from tests.catalog import fuzz

DOCUMENTS = int(os.environ.get("ASSAY_FUZZ_DOCUMENTS", "1000"))


def test_mutated_files_load_or_are_listed() -> None:
    result = fuzz.run(DOCUMENTS, seed=10)
    assert result.documents == DOCUMENTS
    assert result.outcomes["loaded"] > DOCUMENTS / 10
    assert result.outcomes["listed"] > DOCUMENTS / 10
