"""``regex``: a pattern is found in the answer, or the search takes too long and that is that."""

from __future__ import annotations

from typing import Protocol

from assay.contracts.tasks import Regex
from services.judge.checks.finding import Finding, failed, passed


class Search(Protocol):
    async def search(self, pattern: str, text: str) -> bool | None:
        """Whether the pattern is found; None when the search was given up for its time."""
        ...


async def check(check: Regex, answer: str, searcher: Search) -> Finding:
    found = await searcher.search(check.pattern, answer)
    if found is None:
        return failed("searching the answer took too long and was given up")
    return passed() if found else failed("the pattern is not found in the answer")
