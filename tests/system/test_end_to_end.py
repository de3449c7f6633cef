"""Runs from submission to leaderboard, with all real components."""

from __future__ import annotations

import pytest

from tests.system.harness import Stack, running_stack


def test_oracle_passes_every_attempt_and_nop_none(stack: Stack) -> None:
    run_id = stack.submit(suite="demo", models=["oracle", "nop"])
    run = stack.finish(run_id)
    attempts = stack.attempts(run_id)
    assert len(attempts) == run["progress"]["total"] == run["progress"]["done"]
    wrong = [a for a in attempts if (a["outcome"] == "passed") != (a["model"] == "oracle")]
    assert wrong == []
    rows = {row["model"]: row for row in stack.http.get("/leaderboard", params={"suite": "demo"}).json()["rows"]}
    assert rows["oracle"]["score"] == 1 and rows["nop"]["score"] == 0
    assert rows["oracle"]["n"] == rows["nop"]["n"] == len(attempts) // 2


def test_an_attempt_of_a_real_model_keeps_its_calls_and_artifacts(stack: Stack) -> None:
    run_id = stack.submit(tasks=["larger_of_two"], models=["local/smollm2-135m"])
    stack.finish(run_id)
    (attempt,) = stack.attempts(run_id)
    assert attempt["outcome"] in ("passed", "failed", "agent_error"), attempt
    detail = stack.http.get(f"/attempts/{attempt['attempt_id']}").json()
    (call,) = detail["calls"]
    assert call["usage"]["input_tokens"] > 10 and call["usage"]["output_tokens"] > 0
    assert call["cost_nanousd"] == 0 and call["fault"] is None
    response = stack.http.get(f"/attempts/{attempt['attempt_id']}/artifacts/response.txt")
    assert response.status_code == 200 and response.text.strip()
    assert {"task.json", "prompt.json", "response.txt", "result.json"} <= set(detail["artifacts"])


def test_a_runs_facts_have_no_gaps_and_end_with_run_finished(stack: Stack) -> None:
    run_id = stack.submit(tasks=["add_two", "ticket_routing"], models=["oracle", "nop"])
    run = stack.finish(run_id)
    facts = stack.facts(run_id)
    assert [fact["sequence"] for fact in facts] == list(range(1, run["sequence"] + 1))
    assert facts[0]["type"] == "run.submitted" and facts[-1]["type"] == "run.finished"
    finished = [fact["subject"] for fact in facts if fact["type"] == "attempt.finished"]
    assert sorted(finished) == sorted(a["attempt_id"] for a in stack.attempts(run_id))


def test_the_same_idempotency_key_gives_the_same_run(stack: Stack) -> None:
    body = {"tasks": ["add_two"], "models": ["nop"]}
    responses = [stack.http.post("/runs", json=body, headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert len({response.json()["run_id"] for response in responses}) == 1
    other = stack.http.post("/runs", json={**body, "repeats": 2}, headers={"Idempotency-Key": "once"})
    assert other.status_code == 422


@pytest.mark.slow
def test_runs_survive_a_restart_of_the_stack(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_stack() as first:
        run_id = first.submit(tasks=["add_two"], models=["oracle"])
        first.finish(run_id)
        first.process.terminate()
        assert first.process.wait(90) == 0
        with running_stack(data=first.data) as second:
            assert second.run(run_id)["progress"]["outcomes"] == {"passed": 1}
            assert second.http.get("/leaderboard").json()["rows"][0]["model"] == "oracle"
