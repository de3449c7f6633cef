"""``regex``: a pattern is found in the answer, or the search takes too long and that is that."""

from __future__ import annotations

from assay.contracts.tasks import Regex
from services.judge.checks.check_result import CheckScore, failed, passed
from services.judge.ports import RegexSearch


async def check(check: Regex, answer: str, regex: RegexSearch) -> CheckScore:
    found = await regex.search(check.pattern, answer)
    if found is None:
        return failed("searching the answer took too long and was given up")
    return passed() if found else failed("the pattern is not found in the answer")
