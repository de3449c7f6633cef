"""``file_present``: files were submitted, and others were not."""

from __future__ import annotations

from assay.contracts.checks import FilePresent
from assay.files import matches
from services.judge.checks.check_result import CheckScore, partial
from services.judge.grading.context import GradingContext


async def check(check: FilePresent, context: GradingContext) -> CheckScore:
    files = context.files(check)
    empty = {path for path, content in files.items() if not content.strip()}
    problems: list[str] = []
    for pattern in check.files:
        found = {path for path in files if matches(path, (pattern,))}
        if not found:
            problems.append(f"{pattern} was not submitted")
        elif not check.allow_empty and found <= empty:
            problems.append(f"{pattern} is empty")
    problems += [
        f"{pattern} was submitted" for pattern in check.absent if any(matches(path, (pattern,)) for path in files)
    ]
    total = len(check.files) + len(check.absent)
    listing = "".join(f"{path} ({len(content)} bytes)\n" for path, content in sorted(files.items()))
    return partial(total - len(problems), total, "; ".join(problems)[:500]).with_evidence(listing)
