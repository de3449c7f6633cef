"""`POST /api/v1/runs/import`: what is stored, and which mistakes are named."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import json as msgspec_json

from assay.artifacts import Area, unpack
from assay.contracts.codec import decode
from assay.contracts.imported_runs import ImportedRun
from assay.contracts.models import Usage
from assay.contracts.results import CheckOutput
from assay.contracts.tail import AgentStep, StepKind
from assay.contracts.tasks import HiddenTask, PublicTask, Solver
from assay.contracts.verdicts import Outcome
from tests.gateway.harness import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")

URL = "/api/v1/runs/import"


def result(sample: str = "a", **more: Any) -> dict[str, Any]:
    found = {
        "task_id": "sums",
        "sample_id": sample,
        "model": "openai/gpt-x",
        "outcome": "passed",
        "scores": [{"name": "match", "value": 1, "answer": "2", "explanation": "2 equals 2\nas expected"}],
    }
    return found | more


def body(*results: dict[str, Any], **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "source": "Inspect 0.3.285",
        "suite": "sums",
        "created_at": "2026-11-01T10:00:00Z",
        "models": [{"name": "openai/gpt-x", "parameters": {"temperature": 0}}],
        "tasks": [
            {
                "task_id": "sums",
                "title": "Sums",
                "version": "1",
                "samples": [{"sample_id": "a", "input": "1+1?", "expected": "2"}, {"sample_id": "b"}],
            }
        ],
        "results": list(results) or [result()],
    }
    return found | more


async def test_the_ledger_gets_a_plan_and_the_results(shared: Gateway) -> None:
    timeout = result("b", outcome="timeout", scores=[], reason="60 s are over\x00\nat last", repeat=3)
    usage = {"input_tokens": 7, "output_tokens": 2}
    passed = result(usage=usage, cost_usd="0.5", duration_seconds=1.5, metrics={"length": 1e308})
    response = await shared.http.post(URL, json=body(passed, timeout), headers={"idempotency-key": "import-1"})
    assert response.status_code == 201, response.text
    assert response.headers["location"] == f"/api/v1/runs/{response.json()['run_id']}"
    command = shared.ledger.imported[-1]
    plan = command.plan
    assert (command.idempotency_key, plan.imported, plan.suite) == ("import-1", "Inspect 0.3.285", "imported/sums")
    assert (plan.repeats, plan.limits.cost_usd, plan.models[0].model.parameters.temperature) == (3, None, 0.0)
    (task,) = plan.tasks
    assert (task.task_id, task.sample_ids, task.solver) == ("sums", ("a", "b"), Solver.ANSWER)
    first, second = command.attempts
    assert first.verdict is not None
    assert [(check.kind, check.score, check.message) for check in first.verdict.checks] == [
        ("imported", 1.0, "2 equals 2")
    ]
    assert (first.usage, first.cost_nanousd, first.duration_seconds) == (
        Usage(input_tokens=7, output_tokens=2),
        5 * 10**8,
        1.5,
    )
    assert first.verdict.metrics == {"length": 1e300}
    assert (second.outcome, second.verdict, second.reason) == (Outcome.TIMEOUT, None, "60 s are over")
    assert (second.sample_id, second.repeat, second.score) == ("b", 3, 0.0)


async def test_questions_answers_and_explanations_are_artifacts(shared: Gateway) -> None:
    prompt = [{"role": "system", "text": "Be brief."}, {"role": "user", "text": "1+1?"}]
    steps = [
        {"kind": "reasoning", "text": "Add them."},
        {"kind": "call", "tool": "add", "call_id": "c1", "text": "[1, 1]"},
        {"kind": "result", "tool": "add", "call_id": "c1", "text": "2"},
        {"kind": "message", "text": "It is 2."},
    ]
    await shared.http.post(URL, json=body(result(prompt=prompt, response="It is 2.", steps=steps)))
    command = shared.ledger.imported[-1]
    (attempt,), (task,) = command.attempts, command.plan.tasks
    store = shared.ports.stores[Area.ATTEMPTS]
    assert attempt.output == attempt.artifacts["response.txt"]
    assert await store.get(attempt.artifacts["response.txt"]) == b"It is 2."
    messages = msgspec_json.decode(await store.get(attempt.artifacts["prompt.json"]))
    assert messages == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1+1?"}]
    lines = (await store.get(attempt.artifacts["transcript.jsonl"])).splitlines()
    assert [
        (step.number, step.turn, step.kind, step.tool_calls) for line in lines if (step := decode(AgentStep, line))
    ] == [
        (1, 1, StepKind.REASONING, 0),
        (2, 1, StepKind.CALL, 1),
        (3, 1, StepKind.RESULT, 1),
        (4, 2, StepKind.MESSAGE, 1),
    ]
    check = decode(CheckOutput, await store.get(attempt.check_artifacts["checks/match.json"]))
    assert (check.evidence.submitted, check.evidence.expected) == ("2", "2")
    assert check.evidence.difference == "2 equals 2\nas expected"
    public = decode(PublicTask, unpack(await shared.ports.stores[Area.PUBLIC].get(task.public))["task.json"])
    hidden = decode(HiddenTask, unpack(await shared.ports.stores[Area.HIDDEN].get(task.hidden))["grading.json"])
    assert ([sample.input for sample in public.samples], hidden.expected) == (["1+1?", ""], {"a": "2"})
    assert task.solver is Solver.AGENT


async def test_the_same_body_gives_the_same_request(shared: Gateway) -> None:
    for created_at in ("2026-11-01T10:00:00Z", None):
        steps = [{"kind": "message", "text": "It is 2."}]
        sent = body(result(steps=steps), created_at=created_at)
        for _ in range(2):
            await shared.http.post(URL, json=sent, headers={"idempotency-key": "import-2"})
        assert shared.ledger.imported[-1] == shared.ledger.imported[-2]
        transcript = shared.ledger.imported[-1].attempts[0].artifacts["transcript.jsonl"]
        step = decode(AgentStep, await shared.ports.stores[Area.ATTEMPTS].get(transcript))
        assert step.time.year == (2026 if created_at else 1970)


async def test_parts_of_a_task_count_as_the_same_task(shared: Gateway) -> None:
    part = body()
    await shared.http.post(URL, json=part)
    part["tasks"][0]["samples"].append({"sample_id": "c"})
    await shared.http.post(URL, json=part)
    part["tasks"][0]["version"] = "2"
    await shared.http.post(URL, json=part)
    first, longer, other = (command.plan.tasks[0].digest for command in shared.ledger.imported[-3:])
    assert first == longer != other


MISTAKES: list[tuple[dict[str, Any], str]] = [
    (body(result(task_id="other")), "results[0].task_id: 'other' is not in tasks"),
    (body(result("z")), "results[0].sample_id: 'z' is no sample of task 'sums'"),
    (body(result(model="openai/gpt-y")), "results[0].model: 'openai/gpt-y' is not in models"),
    (body(result(), result()), "results[1]: there is another result of the same task, sample, model and repeat"),
    (body(result(outcome="failed", scores=[])), "results[0].scores: must not be empty if the outcome is 'failed'"),
    (body(result(outcome="infra_error")), "results[0].scores: must be empty if the outcome is 'infra_error'"),
    (body(result(outcome="cancelled")), "results[0].outcome: cannot be 'cancelled'; use passed, failed"),
    (body(result(cost_usd="10000.01")), "results[0].cost_usd: must be at most $10,000"),
    (body(result(usage={"input_tokens": 10**12 + 1})), "results[0].usage: must be at most 1,000,000,000,000 tokens"),
    (body(result(duration_seconds=1e308)), "results[0].duration_seconds"),
    (body(name="a\0b"), "name: must be text without NUL characters"),
    (body(source="a\0b"), "source"),
    (body(result(scores=[{"name": "m\0", "value": 1}])), "results[0].scores[0].name"),
    (body(result(metrics={"x\0": 1})), "results[0].metrics"),
    (body(tasks=[{"task_id": "sums", "title": "Sums", "samples": [{"sample_id": "a\0"}]}]), "samples[0].sample_id"),
    (body(models=[{"name": "nop"}]), "models[0].name: 'nop' is a name of Assay's own"),
    (body(models=[{"name": "replay/x"}]), "models[0].name: 'replay/x' is a name of Assay's own"),
    (body(models=[{"name": "a/b"}, {"name": "a/b"}]), "models[1]: 'a/b' occurs twice"),
    (body(result(scores=[{"name": "match", "value": 2}])), "results[0].scores[0].value"),
    (body(suite="Imported/Sums"), "suite"),
    (body(results=[]), "results"),
    (body(sauce="x"), "sauce"),
]


@pytest.mark.parametrize(("sent", "message"), MISTAKES, ids=[message[:40] for _, message in MISTAKES])
async def test_mistakes_are_named_and_nothing_is_sent(shared: Gateway, sent: dict[str, Any], message: str) -> None:
    before = len(shared.ledger.imported)
    response = await shared.http.post(URL, json=sent)
    assert response.status_code == 422, response.text
    assert message in response.json()["detail"]
    assert len(shared.ledger.imported) == before


async def test_a_grid_that_is_mostly_empty_is_refused(shared: Gateway) -> None:
    samples = [{"sample_id": str(number)} for number in range(1000)]
    task = {"task_id": "sums", "title": "Sums", "samples": samples}
    response = await shared.http.post(URL, json=body(result("1", repeat=101), tasks=[task]))
    assert response.status_code == 422
    assert "1,000 samples x 1 models x 101 repeats exceed 100,000 attempts" in response.json()["detail"]


async def test_many_mistakes_are_cut(shared: Gateway) -> None:
    response = await shared.http.post(URL, json=body(*(result(str(number)) for number in range(100))))
    assert len(response.json()["errors"]) == 20


async def test_a_body_over_the_limit_of_other_routes_is_accepted(shared: Gateway) -> None:
    sent = body(*(result(sample, response="x" * 900_000) for sample in ("a", "b")))
    assert (await shared.http.post(URL, json=sent)).status_code == 201
    assert len(msgspec_json.encode(sent)) > 1_500_000
    too_large = body(*(result("a", repeat=number, response="x" * 990_000) for number in range(1, 35)))
    assert (await shared.http.post(URL, json=too_large)).status_code == 413


async def test_the_schema_names_every_field(shared: Gateway) -> None:
    schema = (await shared.http.get("/api/v1/openapi.json")).json()["components"]["schemas"]["ImportedRun"]
    assert set(schema["properties"]) == set(ImportedRun.__struct_fields__)
