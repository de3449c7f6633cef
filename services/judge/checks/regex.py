"""``regex``: the pattern matches somewhere in the answer; a search that takes too long fails."""

from __future__ import annotations

from assay.contracts.checks import Regex
from services.judge.checks.check_result import CheckScore, failed, passed
from services.judge.grading.context import GradingContext
from services.judge.ports import RegexSearch
from services.judge.readers.quote import quote
from services.judge.readers.text_normalizer import normalize


async def check(check: Regex, context: GradingContext) -> CheckScore:
    text = context.text(check)
    return (await search(check, text, context.tools.regex)).with_evidence(text, check.pattern)


async def search(check: Regex, answer: str, regex: RegexSearch) -> CheckScore:
    pattern = f"(?i){check.pattern}" if check.ignore_case else check.pattern
    found = await regex.search(pattern, normalize(answer, check))
    if found is None:
        return failed("the search for the pattern exceeded its time limit")
    return passed() if found else failed(f"the pattern does not match the answer: {quote(answer)}")
