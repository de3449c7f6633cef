"""From a text to judge to the request to a judge: the task's rubric, the judge's price and the permit for its key."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field, structs

from assay.catalog.catalog import Catalog
from assay.catalog.selection.resolve import pin_judge
from assay.catalog.tasks.rubrics import questions, rubrics_of
from assay.catalog.tasks.task import Task
from assay.contracts.checks import Rubric, name_of
from assay.contracts.codec import Data
from assay.contracts.models import ModelName
from assay.contracts.problems import FieldError
from assay.contracts.rpc import JudgeText
from assay.validation.did_you_mean import unknown_name
from services.gateway.errors import InvalidRequest

MAX_CHARACTERS = 400_000


class TextToJudge(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text to judge by the rubric of ``task``, as if it were the output for one of its samples: ``text`` for solver
    ``answer``, ``files`` by path for the others. ``check`` names the rubric if the task has several, ``sample`` the
    sample if it has several."""

    judge: ModelName
    task: str
    sample: str = ""
    check: str = ""
    text: Annotated[str, Meta(max_length=MAX_CHARACTERS)] = ""
    files: dict[str, Annotated[str, Meta(max_length=MAX_CHARACTERS)]] = field(default_factory=dict[str, str])


def judge_text(catalog: Catalog, body: TextToJudge) -> JudgeText:
    """Without the provider and the permit. Raises CatalogError or InvalidRequest."""
    task = catalog.find_task(body.task)
    rubric = _rubric(task, body.check)
    sample_id = body.sample or (task.sample_ids[0] if len(task.sample_ids) == 1 else "")
    if sample_id not in task.sample_ids:
        message, near = unknown_name("sample", sample_id, task.sample_ids)
        raise InvalidRequest(FieldError(where="sample", message=message, near=near))
    expected = next(sample.expected for sample in task.manifest.samples if sample.sample_id == sample_id)
    return JudgeText(
        rubric=rubric,
        judge=pin_judge(catalog, body.judge),
        task=questions(task.manifest)[sample_id],
        text=body.text,
        files=body.files,
        expected=expected if isinstance(expected, str) else "",
        task_id=task.task_id,
        sample_id=sample_id,
    )


def with_key(request: JudgeText, catalog: Catalog, permit: str) -> JudgeText:
    """With what a runner needs to call the judge."""
    judge = request.judge
    if judge.registered:
        provider = catalog.registry().provider(judge.model.name)
        request = structs.replace(request, judge=structs.replace(judge, provider=provider))
    return structs.replace(request, key_permit=permit)


def _rubric(task: Task, name: str) -> Rubric:
    found = {name_of(rubric): rubric for rubric in rubrics_of(task.manifest)}
    if not found:
        raise InvalidRequest(FieldError(where="task", message=f"task {task.task_id!r} has no rubric to judge by"))
    if not name and len(found) == 1:
        return next(iter(found.values()))
    if name not in found:
        message, near = unknown_name("rubric", name, found)
        raise InvalidRequest(FieldError(where="check", message=message, near=near))
    return found[name]
