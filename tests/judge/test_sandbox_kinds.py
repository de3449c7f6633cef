"""The kind of sandbox that a run requests for grading."""

from __future__ import annotations

import pytest

from assay.contracts.verdicts import Outcome
from assay.sandbox import ProviderUnavailable
from assay.sandbox.process import WARNING
from assay.sandbox.selection import provider_for_setting
from services.judge.grading.grade import grade
from tests.judge.harness import RealTools, hidden_tests, only_check

HIDDEN = hidden_tests({"test_a.py": "import solution\ndef test_a(): assert solution.f() == 1"}, ("test_a.py::test_a",))
RIGHT = {"solution.py": b"def f(): return 1"}


@pytest.mark.parametrize(("kind", "message"), [("process", WARNING), ("bubblewrap", "")])
async def test_a_verdict_warns_if_tests_were_not_isolated(tools: RealTools, kind: str, message: str) -> None:
    unlike = tools.with_provider(provider_for_setting("auto,process"))
    graded = await grade(HIDDEN, "main", RIGHT, unlike, kind)
    assert (graded.verdict.outcome, only_check(graded).message) == (Outcome.PASSED, message)


async def test_a_sandbox_kind_the_judge_lacks_is_an_error_not_a_verdict(tools: RealTools) -> None:
    unlike = tools.with_provider(provider_for_setting("bubblewrap"))
    with pytest.raises(ProviderUnavailable, match="operator allows bubblewrap"):
        await grade(HIDDEN, "main", RIGHT, unlike, "process")
