"""The kind of sandbox that a run asks to be judged in."""

from __future__ import annotations

import pytest

from assay.contracts.verdicts import Outcome
from assay.sandbox import ProviderUnavailable
from assay.sandbox.process import WARNING
from assay.sandbox.selection import provider_for_setting
from services.judge.bench import SandboxBench
from services.judge.grading import grade
from tests.judge.trials import RealTools, hidden_tests, only_check

HIDDEN = hidden_tests({"test_a.py": "import solution\ndef test_a(): assert solution.f() == 1"}, ("test_a.py::test_a",))
RIGHT = {"solution.py": b"def f(): return 1"}


@pytest.mark.parametrize(("kind", "told"), [("process", WARNING), ("bubblewrap", "")])
async def test_a_verdict_says_when_nothing_was_isolated(tools: RealTools, kind: str, told: str) -> None:
    unlike = RealTools(searcher=tools.searcher, bench=SandboxBench(provider_for_setting("auto,process")))
    graded = await grade(HIDDEN, "main", RIGHT, unlike, kind)
    assert (graded.verdict.outcome, only_check(graded).message) == (Outcome.PASSED, told)


async def test_a_kind_this_judge_does_not_give_is_no_verdict(tools: RealTools) -> None:
    unlike = RealTools(searcher=tools.searcher, bench=SandboxBench(provider_for_setting("bubblewrap")))
    with pytest.raises(ProviderUnavailable, match="operator allows bubblewrap"):
        await grade(HIDDEN, "main", RIGHT, unlike, "process")
