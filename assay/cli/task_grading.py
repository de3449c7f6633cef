"""Grades tasks' own references, no-ops and cheats with the judge's program, because ``assay`` must not import
services."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

from msgspec import structs

from assay.contracts.codec import Data, Malformed, decode
from assay.contracts.results import TestOutput
from assay.contracts.verdicts import Outcome, Verdict

CHEATS = "cheats/"


class Grading(Data, frozen=True, kw_only=True):
    """The verdict on the task's reference solution, no-op or a cheat; ``wanted`` is the score it must get.
    ``wrong_tests`` should have ended otherwise."""

    name: str
    sample_id: str
    ok: bool
    wanted: float
    verdict: Verdict
    wrong_tests: tuple[TestOutput, ...] = ()

    @property
    def decided(self) -> bool:
        """False if a model or a person would decide."""
        return self.verdict.outcome is not Outcome.NEEDS_REVIEW


class Validation(Data, frozen=True, kw_only=True):
    """Result for one task, or for the catalogue's other files. ``mistakes`` name file, line and field; only --full
    fills ``trials``, ``seconds`` and ``sandbox``."""

    task: str
    ok: bool
    language: str = ""
    checks: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    trials: tuple[Grading, ...] = ()
    error: str = ""
    """Why grading failed."""
    unchecked: str = ""
    """Why a valid task was not graded, or not all of it."""
    host_lacks: bool = False
    """Whether another host could grade it."""
    seconds: float = 0.0
    sandbox: str = ""
    """The kinds of sandbox that were used; empty if grading ran no programs."""

    @property
    def decided(self) -> tuple[Grading, ...]:
        return tuple(each for each in self.trials if each.decided)


def grade_tasks(
    states: Mapping[Path, Validation], sandbox: str, show: Callable[[Validation], None]
) -> dict[Path, Validation]:
    """Grades valid tasks, given by folder, several at a time; ``show`` gets each as soon as it is done."""
    graded: dict[str, Validation] = {}
    with tempfile.TemporaryFile() as errors, _start(states, sandbox, errors) as judge:
        assert judge.stdout is not None
        for validation in _answers(judge.stdout):
            graded[validation.task] = validation
            show(validation)
        code = judge.wait()
        errors.seek(0)
        ended = f"the judge ended with exit code {code}: {errors.read()[-2000:].decode(errors='replace')}"
    return {folder: _merged(state, graded.get(folder.name), ended) for folder, state in states.items()}


def _start(states: Mapping[Path, Validation], sandbox: str, errors: IO[bytes]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "services.judge.validate", *map(str, states), "--json", "--sandbox", sandbox]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)


def _answers(lines: IO[bytes]) -> Iterator[Validation]:
    """Ends at a line that is none."""
    for line in lines:
        try:
            yield decode(Validation, line)
        except Malformed:
            return


def _merged(state: Validation, graded: Validation | None, ended: str) -> Validation:
    if graded is None:
        return structs.replace(state, ok=False, error=ended)
    return structs.replace(graded, task=state.task, language=state.language, checks=state.checks)
