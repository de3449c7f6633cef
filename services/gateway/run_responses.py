"""The model ``replay/<run id>``: the responses of an earlier run, graded again without calling its model."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from msgspec import structs

from assay.artifacts import Area, ArtifactMissing
from assay.catalog.models import BASELINES
from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.attempts import AttemptView
from assay.contracts.problems import FieldError, ProblemError
from assay.contracts.replay import MAX_CHARACTERS, Responses, replayed_run
from assay.contracts.rpc import GetAttempt, GetRun, ListAttempts
from assay.contracts.runs import RunRequest, RunView
from assay.validation.did_you_mean import closest
from services.gateway.errors import InvalidRequest
from services.gateway.ports import Ports

RESPONSE = "response.txt"
_PAGE = 1000
_CONCURRENCY = 8
_NOT_FOUND = 404


async def with_run_responses(request: RunRequest, ports: Ports) -> RunRequest:
    """With the responses of the run that one of its models replays, and with that run's tasks and samples if none are
    chosen; unchanged if no model names a run. Raises InvalidRequest if there is nothing to replay."""
    if request.responses is not None:
        return request
    for index, name in enumerate(request.models):
        if found := replayed_run(name):
            reading = _RunResponses(f"models[{index}]", *found, ports)
            responses = await reading.read()
            return structs.replace(_with_tasks(request, responses), responses=responses)
    return request


def _with_tasks(request: RunRequest, responses: Responses) -> RunRequest:
    """A run uses the first samples of each task, so their number says which they were."""
    if request.suite or request.tasks or request.categories:
        return request
    counts = [len(by_sample) for by_sample in responses.responses.values() if isinstance(by_sample, dict)]
    return structs.replace(request, tasks=tuple(responses.responses), samples=request.samples or max(counts))


class _RunResponses:
    """``model`` may be empty if the run has only one."""

    def __init__(self, where: str, run_id: str, model: str, ports: Ports) -> None:
        self._where, self._run_id, self._model, self._ports = where, run_id, model, ports
        self._slots = asyncio.Semaphore(_CONCURRENCY)

    async def read(self) -> Responses:
        model = self._model_of(await self._run())
        candidates: defaultdict[tuple[str, str], list[AttemptView]] = defaultdict(list)
        for attempt in await self._attempts(model):
            candidates[attempt.task_id, attempt.sample_id].append(attempt)
        texts = await asyncio.gather(*(self._response(attempts) for attempts in candidates.values()))
        found: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for (task_id, sample_id), text in zip(candidates, texts, strict=True):
            if text is not None:
                found[task_id][sample_id] = text
        if not found:
            raise self._mistake(
                f"no attempt of {model} in run {self._run_id} left a complete response ({RESPONSE}); those of agents "
                "and programs leave transcripts, which cannot be replayed"
            )
        return Responses(responses=dict(found))

    async def _run(self) -> RunView:
        try:
            return await self._ports.bus.rpc.request(GetRun(run_id=self._run_id))
        except ProblemError as error:
            if error.problem.status != _NOT_FOUND:
                raise
            raise self._mistake(f"there is no run {self._run_id}; `assay runs list` lists all runs") from error

    def _model_of(self, run: RunView) -> str:
        if self._model:
            if self._model in run.models:
                return self._model
            message = f"run {self._run_id} has no model {self._model!r}; its models: {', '.join(run.models)}"
            raise self._mistake(message, closest(self._model, run.models))
        models = [name for name in run.models if name not in BASELINES] or list(run.models)
        if len(models) > 1:
            named = " or ".join(f"replay/{self._run_id}:{name}" for name in models)
            raise self._mistake(f"run {self._run_id} has {len(models)} models; say which to replay: {named}")
        return models[0]

    async def _attempts(self, model: str) -> list[AttemptView]:
        found: list[AttemptView] = []
        cursor = ""
        while True:
            query = ListAttempts(run_id=self._run_id, model=model, cursor=cursor, limit=_PAGE)
            page = await self._ports.bus.rpc.request(query)
            found.extend(page.items)
            if not (cursor := page.next_cursor):
                return found

    async def _response(self, attempts: Sequence[AttemptView]) -> str | None:
        """That of the first repeat that has one. Of a failed request there may be a part, which is none."""
        for attempt in sorted(attempts, key=lambda each: each.repeat):
            async with self._slots:
                detail = await self._ports.bus.rpc.request(GetAttempt(attempt_id=attempt.attempt_id))
                ref = detail.artifacts.get(RESPONSE)
                if ref is not None and not ref.truncated:
                    return await self._text(detail)
        return None

    async def _text(self, detail: AttemptDetail) -> str:
        attempt_id = detail.attempt.attempt_id
        try:
            data = await self._ports.stores[Area.ATTEMPTS].get(detail.artifacts[RESPONSE])
        except ArtifactMissing as error:
            if detail.expired_at is None:
                raise
            day = detail.expired_at.date()
            raise self._mistake(f"the artifacts of run {self._run_id} were deleted on {day}") from error
        text = data.decode(errors="replace")
        if len(text) > MAX_CHARACTERS:
            raise self._mistake(f"the response of attempt {attempt_id} has more than {MAX_CHARACTERS:,} characters")
        return text

    def _mistake(self, message: str, near: str | None = None) -> InvalidRequest:
        return InvalidRequest(FieldError(where=self._where, message=message, near=near))
