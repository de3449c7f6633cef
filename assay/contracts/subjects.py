"""All subjects on the bus, in four planes with separate permissions (docs/architecture.md, "The bus")."""

from __future__ import annotations

from typing import Any

from assay.contracts.attempts import AttemptExecuted, AttemptJudged, ExecuteAttempt, GradeAttempt, Stage
from assay.contracts.facts import Fact
from assay.contracts.rpc import Request
from assay.contracts.sandboxes import SandboxRequirement

WORK = "assay.work.>"
FACTS = "assay.evt.v1.>"
DEAD_LETTERS = "assay.dead.>"

_REPORTS = {AttemptExecuted: "run", AttemptJudged: "judge"}
_ORDERS = {ExecuteAttempt: Stage.RUN, GradeAttempt: Stage.JUDGE}


def rpc(request: Request[Any] | type[Request[Any]]) -> str:
    return f"assay.rpc.{request.service}.{request.name()}"


def orders(
    stage: Stage,
    pool: str = "default",
    requirement: SandboxRequirement = SandboxRequirement.NONE,
    *,
    urgent: bool = False,
) -> str:
    """The subject of orders to those of a pool's runners or judges that meet the requirement; they fetch urgent orders
    first. ``none`` is not part of a subject: releases before there were requirements used that subject for all."""
    needs = "" if requirement is SandboxRequirement.NONE else f".{requirement}"
    return f"assay.work.{stage}.{pool}{needs}{'.urgent' if urgent else ''}"


def order(
    message: ExecuteAttempt | GradeAttempt,
    pool: str = "default",
    requirement: SandboxRequirement = SandboxRequirement.NONE,
    *,
    urgent: bool = False,
) -> str:
    return orders(_ORDERS[type(message)], pool, requirement, urgent=urgent)


def report(message: AttemptExecuted | AttemptJudged) -> str:
    """Runners and judges report on different subjects, so that runners can be denied permission to send verdicts."""
    return f"assay.work.report.{_REPORTS[type(message)]}"


def fact(project: str, message: Fact, run_id: str) -> str:
    """``assay.evt.v1.<project>.<entity>.<event>.<run_id>``. A fact's subject never contains an attempt id."""
    return f"assay.evt.v1.{project}.{message.name()}.{run_id}"


def tail(project: str, run_id: str, attempt_id: str) -> str:
    return f"assay.tail.v1.{project}.{run_id}.{attempt_id}"


def dead_letter(subject: str) -> str:
    """The dead-letter subject of a subject."""
    return f"assay.dead.{subject.removeprefix('assay.')}"
