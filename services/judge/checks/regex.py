"""``regex``: the pattern matches somewhere in the answer; a search that takes too long fails."""

from __future__ import annotations

from assay.contracts.tasks import Regex
from services.judge.checks.check_result import CheckScore, failed, passed
from services.judge.ports import RegexSearch


async def check(check: Regex, answer: str, regex: RegexSearch) -> CheckScore:
    found = await regex.search(check.pattern, answer)
    if found is None:
        return failed("the search for the pattern exceeded its time limit")
    return passed() if found else failed("the pattern does not match the answer")
