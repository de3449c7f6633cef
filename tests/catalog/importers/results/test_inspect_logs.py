"""What is read from Inspect's logs, in each of the forms in which they are written."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assay.catalog.importers.results.inspect.log import read
from assay.catalog.importers.results.results_plan import ResultsOptions
from assay.contracts.codec import decode, digest, encode
from assay.contracts.imported_runs import ImportedMessage, ImportedRun, ImportedSample, ImportedScore
from assay.contracts.models import Parameters, Usage
from assay.contracts.verdicts import Outcome
from tests.catalog.importers.results.inspect_logs import (
    MODEL,
    ZSTANDARD,
    header,
    old_log,
    plan_of,
    run_of,
    sample,
    score,
    usage,
    write_archive,
    write_json,
)

SAMPLES = (
    sample(2, scores={"match": score("I", answer="5", explanation="no")}),
    sample(1, 2),
    sample(1, 1),
    sample("a b", 1, scores={"match": score("P")}, target=["5", "five"]),
)


@pytest.fixture(params=[zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, ZSTANDARD, None])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same log as an archive of each compression, and as JSON."""
    if request.param is None:
        return write_json(tmp_path / "log.json", SAMPLES)
    return write_archive(tmp_path / "log.eval", SAMPLES, compression=request.param)


def test_a_log_is_a_run(log: Path) -> None:
    plan = read(log, ResultsOptions())
    assert (plan.left_out, plan.notes) == ((), ())
    [run] = plan.runs
    assert (run.source, run.name, run.suite) == ("Inspect 0.3.285", "sums", "sums")
    assert run.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert [model.name for model in run.models] == [MODEL]
    [task] = run.tasks
    assert (task.task_id, task.title) == ("inspect_sums", "sums")
    assert json.loads(task.version) == {"task": "sums", "version": 0, "score": "match"}
    assert task.samples == (
        ImportedSample(sample_id="1", input="What is 1+1?", expected="2"),
        ImportedSample(sample_id="2", input="What is 1+1?", expected="2"),
        ImportedSample(sample_id="a_b", input="What is 1+1?", expected="5\nfive"),
    )
    assert [(each.sample_id, each.repeat, each.outcome.value, each.scores[0].value) for each in run.results] == [
        ("1", 1, "passed", 1.0),
        ("1", 2, "passed", 1.0),
        ("2", 1, "failed", 0.0),
        ("a_b", 1, "failed", 0.5),
    ]


def test_a_result_has_what_was_asked_answered_and_used(log: Path) -> None:
    [run] = read(log, ResultsOptions()).runs
    result = run.results[0]
    assert result.prompt == (ImportedMessage(role="user", text="What is 1+1?"),)
    assert (result.response, result.steps, result.reason, result.metrics) == ("It is 2.", (), "", {})
    assert result.scores == (ImportedScore(name="match", value=1.0, answer="2", explanation="It is 2."),)
    assert result.usage == Usage(input_tokens=10, output_tokens=5)
    assert (result.cost_usd, result.duration_seconds) == ("0", 1.5)


def test_every_form_gives_the_same_run(tmp_path: Path) -> None:
    logs = [
        write_json(tmp_path / "a.json", SAMPLES),
        write_archive(tmp_path / "b.eval", SAMPLES),
        write_archive(tmp_path / "c.eval", reversed(SAMPLES), compression=zipfile.ZIP_DEFLATED),
    ]
    runs = [run for log in logs for run in read(log, ResultsOptions()).runs]
    assert len({digest(run) for run in runs}) == 1
    assert decode(ImportedRun, encode(runs[0])) == runs[0]


def test_a_log_of_the_first_versions(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text(json.dumps(old_log()))
    plan = read(path, ResultsOptions())
    assert (plan.notes, plan.left_out) == ((), ())
    [run] = plan.runs
    [result] = run.results
    assert (run.source, run.suite, run.created_at) == ("Inspect", "greeting", datetime(2024, 5, 1, 10, tzinfo=UTC))
    assert run.models[0].parameters == Parameters(temperature=0.5)
    assert result.scores == (ImportedScore(name="includes", value=1.0, answer="hi"),)
    assert (result.prompt, result.response) == ((ImportedMessage(role="user", text="Say hi"),), "hi")
    assert (result.outcome, result.usage) == (Outcome.PASSED, Usage(input_tokens=3, output_tokens=1))


def test_an_interrupted_archive_has_no_header(tmp_path: Path) -> None:
    head = header(status="started", eval={"config": {"epochs": 3}})
    plan = read(write_archive(tmp_path / "log.eval", [sample(1)], head), ResultsOptions())
    assert len(plan.runs[0].results) == 1
    assert plan.notes == ("log.eval has the status 'started': 1 of 6 planned samples are in it",)


@pytest.mark.parametrize("status", ["error", "cancelled"])
def test_an_incomplete_log_says_how_much_there_is(tmp_path: Path, status: str) -> None:
    plan = plan_of(tmp_path, sample(1), head=header(status=status, results=None))
    assert plan.notes == (f"log.json has the status {status!r}: 1 of 2 planned samples are in it",)
    unknown = plan_of(tmp_path, sample(1), head=header(status=status, results=None, eval={"dataset": {}}))
    assert unknown.notes == (f"log.json has the status {status!r}: 1 samples are in it",)


def test_numbers_that_json_does_not_know(tmp_path: Path) -> None:
    samples = [
        sample(1, scores={"match": score(float("nan")), "other": score(1)}),
        sample(2, scores={"match": score("C"), "speed": score(float("inf"))}),
    ]
    for log in (write_json(tmp_path / "a.json", samples), write_archive(tmp_path / "b.eval", samples)):
        plan = read(log, ResultsOptions())
        assert [(each.what, each.why) for each in plan.left_out] == [("1, epoch 1", "has no score")]
        [result] = plan.runs[0].results
        assert (result.sample_id, result.metrics, len(result.scores)) == ("2", {}, 1)


def test_the_last_of_two_records_of_a_sample_counts(tmp_path: Path) -> None:
    again = {"samples/1_epoch_1.json": json.dumps(sample(1, scores={"match": score("I")}))}
    with pytest.warns(UserWarning, match="Duplicate name"):
        log = write_archive(tmp_path / "log.eval", [sample(1)], members=again)
    [run] = read(log, ResultsOptions()).runs
    assert [each.outcome for each in run.results] == [Outcome.FAILED]


def test_ids_are_made_unique(tmp_path: Path) -> None:
    run = run_of(
        tmp_path, sample("a b"), sample("a_b"), sample("a/b"), sample("a?b"), sample(1), sample("1"), sample("é")
    )
    found = {each.sample_id for each in run.results}
    assert found == {"a_b", "a_b-2", "a_b-3", "a/b", "1", "1-2", "_"}
    assert {each.sample_id for each in run.tasks[0].samples} == found


def test_a_folder_of_logs(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    write_archive(tmp_path / "a.eval", [sample(1)])
    write_json(tmp_path / "more/b.json", [sample(1, scores={})], header(eval={"model": "anthropic/claude-4"}))
    write_json(
        tmp_path / "more/c.json", [sample(1), sample(2, scores={})], header(eval={"model": "anthropic/claude-4"})
    )
    (tmp_path / "logs.json").write_text("{}")
    (tmp_path / "broken.eval").write_bytes(b"PK\3\4")
    (tmp_path / "readme.txt").write_text("not read")
    plan = read(tmp_path, ResultsOptions())
    assert [run.models[0].name for run in plan.runs] == [MODEL, "anthropic/claude-4"]
    assert len({run.tasks[0].version for run in plan.runs}) == 1
    left_out = {each.what: each.why for each in plan.left_out}
    assert left_out["more/c.json: 2, epoch 1"] == "has no score"
    assert left_out["more/b.json"] == "nothing can be imported; the first sample (1, epoch 1) has no score"
    assert left_out["logs.json"].startswith("is not a log of Inspect")
    assert left_out["broken.eval"].startswith("is a damaged or truncated archive")
    assert len(left_out) == 4


def test_tokens_and_cost(tmp_path: Path) -> None:
    used = {
        MODEL: usage(
            100,
            50,
            input_tokens_cache_read=30,
            input_tokens_cache_write=20,
            reasoning_tokens=40,
            total_cost=0.0001234567891,
        ),
        "openai/gpt-4o": usage(1000, 1000, total_cost=9.0),
    }
    plan = plan_of(tmp_path, sample(model_usage=used, working_time=None))
    [result] = plan.runs[0].results
    assert result.usage == Usage(
        input_tokens=150, cached_tokens=30, cache_write_tokens=20, output_tokens=50, reasoning_tokens=40
    )
    assert (result.cost_usd, result.duration_seconds) == ("0.000123457", 2.5)
    assert plan.notes == ("tokens and costs of other models are left out: openai/gpt-4o",)


@pytest.mark.parametrize(
    ("cost", "expected"), [(None, "0"), (0.0, "0"), (-1.0, "0"), (2, "2"), (1e-12, "0"), (float("nan"), "0")]
)
def test_odd_costs(tmp_path: Path, cost: object, expected: str) -> None:
    run = run_of(tmp_path, sample(model_usage={MODEL: usage(1, 1, total_cost=cost)}))
    assert run.results[0].cost_usd == expected


def test_parameters(tmp_path: Path) -> None:
    config = {"temperature": 0.5, "top_p": 0.9, "max_tokens": 100, "seed": 7, "stop_seqs": ["END"], "top_k": 5000}
    head = header(
        eval={"model_generate_config": {**config, "max_connections": 10}},
        plan={"name": "plan", "steps": [], "config": {"temperature": 0.0, "reasoning_effort": "low", "top_p": None}},
    )
    plan = plan_of(tmp_path, sample(), head=head)
    assert plan.runs[0].models[0].parameters == Parameters(
        temperature=0.0,
        top_p=0.9,
        max_tokens=100,
        seed=7,
        stop=("END",),
        reasoning_effort="low",  # pyright: ignore[reportArgumentType]
    )
    assert plan.notes == ("parameters with values that Assay does not allow are left out: top_k",)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("hf/meta-llama/Llama-3.1-8B", "hf/meta-llama/Llama-3.1-8B"),
        ("vllm//models/my model", "vllm/models/my-model"),
        ("mistral:7b", "mistral-7b"),
        ("ünï/x", "n/x"),
        ("☃", "unknown"),
    ],
)
def test_names_of_models(tmp_path: Path, model: str, expected: str) -> None:
    plan = plan_of(tmp_path, sample(model_usage={}), head=header(eval={"model": model}))
    assert plan.runs[0].models[0].name == plan.runs[0].results[0].model == expected
    assert plan.notes == (() if model == expected else (f"the model {model!r} is imported as {expected}",))


def test_options_rename_what_is_imported(tmp_path: Path) -> None:
    run = run_of(tmp_path, sample(), model="local/mine", suite="my-suite", name="Mine")
    assert (run.models[0].name, run.suite, run.name) == ("local/mine", "my-suite", "Mine")


def test_what_makes_results_comparable(tmp_path: Path) -> None:
    def version(more: dict[str, object], **options: object) -> str:
        return run_of(tmp_path, sample(), head=header(eval=more), **options).tasks[0].version

    same = version({})
    assert version({"config": {"limit": 5}, "dataset": {"sample_ids": [1]}, "model": "a/b"}) == same
    assert version({"task_version": "2-A"}) != same
    assert version({"task_args": {"level": 3}}) != same
    assert version({}, pass_score=0.5) != same
    huge = version({"task_args": {"text": "x" * 10_000, "level": 1}})
    assert len(huge) < 2_000
    assert huge != version({"task_args": {"text": "y" * 10_000, "level": 1}})


def test_names_of_tasks(tmp_path: Path) -> None:
    run = run_of(tmp_path, sample(), head=header(eval={"task": "inspect_evals/gsm8k"}))
    assert (run.tasks[0].task_id, run.suite) == ("inspect_inspect_evals_gsm8k", "gsm8k")
    long = [run_of(tmp_path, sample(), head=header(eval={"task": "x" * 80 + end})).tasks[0].task_id for end in "ab"]
    assert len(set(long)) == 2
    assert {len(each) for each in long} == {64}
    nothing = run_of(tmp_path, sample(), head=header(eval={"task": "☃"}))
    assert (nothing.tasks[0].task_id, nothing.suite) == ("inspect", "inspect")


def test_a_newer_format_is_noted(tmp_path: Path) -> None:
    assert plan_of(tmp_path, sample(), head=header(version=3)).notes == (
        "log.json has version 3 of the log format; the newest known one is 2",
    )
