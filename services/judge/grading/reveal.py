"""Removes from a check's output what the task does not reveal."""

from __future__ import annotations

from msgspec import structs

from assay.contracts.checks import Reveal
from assay.contracts.results import CheckOutput, Evidence
from assay.contracts.verdicts import CheckResult
from services.judge.checks.check_result import CheckScore


def check_output(result: CheckResult, score: CheckScore, reveal: Reveal) -> CheckOutput:
    """The answer itself is an artifact of the attempt already, so it is not stored again for each check of it."""
    tests = score.tests
    if reveal is Reveal.NAMES:
        tests = tuple(structs.replace(test, message="") for test in tests)
    evidence = score.evidence if reveal is Reveal.ALL else Evidence(submitted=score.evidence.submitted)
    return CheckOutput(
        result=result, metrics=score.metrics, tests=tests, evidence=evidence, judgements=score.judgements
    )
