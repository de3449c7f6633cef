"""What is read from lm-eval's outputs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.results.lm_eval import output
from assay.catalog.importers.results.results_plan import ResultsOptions, ResultsPlan
from assay.contracts.codec import decode, encode
from assay.contracts.imported_runs import ImportedMessage, ImportedRun, ImportedSample, ImportedScore
from assay.contracts.models import Usage
from tests.catalog.importers.results.lm_eval_output import (
    DATE,
    MODEL,
    choice,
    generated,
    plan_of,
    results,
    run_of,
    write_output,
)

ACC = {"acc": 1.0, "acc_norm": 0.0}


def read(path: Path, **options: Any) -> ResultsPlan:
    return output.read(path, ResultsOptions(**options))


def test_an_output_is_a_run(tmp_path: Path) -> None:
    lines = [generated(0), generated(1, {"exact_match": 0.0})]
    write_output(tmp_path / "out" / "meta-llama__Llama-3.1-8B", {"gsm8k": lines})
    plan = read(tmp_path / "out")
    assert (plan.notes, plan.left_out) == ((), ())
    [run] = plan.runs
    assert (run.source, run.name, run.suite) == ("lm-eval 0.4.13", "gsm8k", "gsm8k")
    assert run.created_at == datetime.fromtimestamp(1767323045.5, UTC)
    assert [each.name for each in run.models] == [MODEL]
    [task] = run.tasks
    assert (task.task_id, task.title) == ("lm_eval_gsm8k", "gsm8k")
    assert json.loads(task.version) == {
        "task": "gsm8k",
        "version": 3.0,
        "n-shot": 5,
        "filter": "none",
        "metric": "exact_match",
    }
    assert task.samples == (
        ImportedSample(sample_id="0", input="0+1?", expected="1"),
        ImportedSample(sample_id="1", input="1+1?", expected="2"),
    )
    first, second = run.results
    assert (first.outcome.value, second.outcome.value) == ("passed", "failed")
    assert first.scores == (ImportedScore(name="exact_match", value=1.0, answer="1"),)
    assert first.prompt == (ImportedMessage(role="user", text="Q: 0+1?\nA:"),)
    assert (first.response, first.repeat, first.usage, first.steps) == (" It is 1.", 1, Usage(), ())
    assert decode(ImportedRun, encode(run)) == run


def test_the_choice_with_the_highest_likelihood_is_the_response(tmp_path: Path) -> None:
    lines = [
        choice(0, [-3.5, -0.5, -2.0], ["cat", "dog", "cow"], 1, ACC),
        choice(1, [-1.0, -2.0], ["1", "2"], 1, {"acc": 0.0, "acc_norm": 0.0}),
        choice(2, [-1.0, -2.0], ["yes", "no"], "yes", ACC),
        choice(3, [-1.0, -2.0], ["a", "b"], "[0, 1]", ACC),
    ]
    run = run_of(tmp_path, {"pets": lines}, results("pets", higher={"acc": True, "acc_norm": True}))
    assert [each.response for each in run.results] == ["dog", "1", "yes", "a"]
    assert [each.expected for each in run.tasks[0].samples] == ["dog", "2", "yes", "[0, 1]"]
    assert run.tasks[0].samples[0].input == "pick\nA) cat\nB) dog\nC) cow"
    assert run.results[0].scores == (
        ImportedScore(
            name="acc", value=1.0, answer="dog", explanation="log-likelihoods:\ncat: -3.5\ndog: -0.5\ncow: -2"
        ),
        ImportedScore(name="acc_norm", value=0.0),
    )
    assert run.results[0].prompt == (ImportedMessage(role="user", text="Q: pick\nA:"),)


def test_choices_can_be_the_prompts(tmp_path: Path) -> None:
    """As in Winogrande: each prompt has another name in it, and the continuation is the same."""
    requests = {
        "gen_args_0": {"arg_0": "Ana", "arg_1": " was late."},
        "gen_args_1": {"arg_0": "Eva", "arg_1": " was late."},
    }
    run = run_of(tmp_path, {"who": [choice(0, [-2, -1], ["", ""], 1, ACC, arguments=requests)]})
    assert (run.results[0].response, run.tasks[0].samples[0].expected) == ("Eva", "Eva")


def test_with_mutual_information_the_second_half_has_no_prompt(tmp_path: Path) -> None:
    requests: dict[str, Any] = {f"gen_args_{i}": {"arg_0": "Q", "arg_1": each} for i, each in enumerate((" a", " b"))}
    requests |= {f"gen_args_{i + 2}": {"arg_0": "", "arg_1": each} for i, each in enumerate((" a", " b"))}
    metrics = {"acc": 1.0, "acc_mutual_info": 0.0}
    line = choice(0, [-1.0, -2.0, -0.1, -0.2], ["", "", "", ""], 0, metrics, arguments=requests)
    result = run_of(tmp_path, {"t": [line]}).results[0]
    assert (result.response, result.prompt[0].text) == ("a", "Q")


def test_requests_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    choices = [f"c{number}" for number in range(12)]
    line = choice(0, [*([-5.0] * 10), -1.0, -5.0], choices, 10, ACC)
    line["arguments"] = dict(sorted(line["arguments"].items()))
    assert run_of(tmp_path, {"t": [line]}).results[0].response == "c10"


def test_a_single_rated_continuation(tmp_path: Path) -> None:
    def line(doc_id: int, greedy: str, metrics: dict[str, Any]) -> dict[str, Any]:
        one = choice(doc_id, [-0.25], ["word"], " word", metrics)
        return {**one, "resps": [[["-0.25", greedy]]]}

    lines = [line(0, "True", {"perplexity": -0.25, "acc": 1}), line(1, "False", {"perplexity": -0.25, "acc": 0})]
    head = results("lambada", higher={"perplexity": False, "acc": True})
    plan = plan_of(tmp_path, {"lambada": lines}, head)
    first, second = plan.runs[0].results
    assert (first.response, second.response) == ("word", "")
    assert first.scores[0] == ImportedScore(name="acc", value=1.0, answer="word", explanation="log-likelihood: -0.25")
    assert first.metrics == {"perplexity": -0.25}
    assert plan.notes == ("lambada: the metric is 'acc' (--score); others are perplexity",)


def test_chats_are_messages(tmp_path: Path) -> None:
    chat = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": "x"}]},
    ]
    shapes: tuple[Any, ...] = ([json.dumps(chat)], json.dumps(chat))
    lines = [
        generated(number, doc={"x": 1}, arguments={"gen_args_0": {"arg_0": shape, "arg_1": {}}})
        for number, shape in enumerate((*shapes, "[{'role': 'user'}]", '[{"a": 1}]'))
    ]
    run = run_of(tmp_path, {"t": lines})
    expected = (
        ImportedMessage(role="system", text="Be brief."),
        ImportedMessage(role="user", text="Look\n[image_url]"),
    )
    assert [each.prompt for each in run.results[:2]] == [expected, expected]
    assert [each.prompt[0].text for each in run.results[2:]] == ["[{'role': 'user'}]", '[{"a": 1}]']
    assert run.tasks[0].samples[0].input == "Be brief.\n\nLook\n[image_url]"


def test_old_lines_have_lists_and_no_names_of_metrics(tmp_path: Path) -> None:
    old = {
        "doc_id": 0,
        "doc": {"query": "pick"},
        "target": 1,
        "arguments": [["Q", " a"], ["Q", " b"]],
        "resps": [[[-1.5, False]], [[-0.5, True]]],
        "filtered_resps": [[-1.5, False], [-0.5, True]],
        "doc_hash": "d",
        "prompt_hash": "p",
        "target_hash": "t",
        "acc": 1.0,
        "acc_norm": 1.0,
    }
    run = run_of(tmp_path, {"t": [old]})
    assert (run.results[0].response, run.tasks[0].samples[0].expected) == ("b", "b")
    assert [each.name for each in run.results[0].scores] == ["acc", "acc_norm"]


def test_several_responses_to_a_sample(tmp_path: Path) -> None:
    line = generated(0, resps=[["first", "second"]], filtered_resps=[["first", "second"]])
    plan = plan_of(tmp_path, {"t": [line]})
    assert (plan.runs[0].results[0].response, plan.runs[0].results[0].scores[0].answer) == (
        "first",
        '["first", "second"]',
    )
    assert plan.notes == ("t: of 2 responses to each sample, the first is kept",)


def test_several_tasks_are_one_run(tmp_path: Path) -> None:
    samples = {
        "mmlu_law": [generated(0)],
        "mmlu_math": [generated(0), generated(1)],
        "gsm8k": [generated(0)],
        "x": [generated(0)],
    }
    run = run_of(tmp_path, samples)
    assert (run.name, run.suite) == ("mmlu_law, mmlu_math, gsm8k and 1 more", "lm-eval")
    assert [each.task_id for each in run.tasks] == [
        "lm_eval_mmlu_law",
        "lm_eval_mmlu_math",
        "lm_eval_gsm8k",
        "lm_eval_x",
    ]
    assert len(run.results) == 5


def test_long_names_of_tasks_stay_different(tmp_path: Path) -> None:
    names = ["mmlu_flan_cot_fewshot_high_school_european_history_" + end for end in ("generative_a", "generative_b")]
    run = run_of(tmp_path, {name: [generated(0)] for name in names})
    assert len({each.task_id for each in run.tasks}) == 2
    assert all(len(each.task_id) <= 64 for each in run.tasks)
    again = run_of(tmp_path / "again", {"a-b": [generated(0)], "a_b": [generated(0)]})
    assert [each.task_id for each in again.tasks] == ["lm_eval_a_b", "lm_eval_a_b_2"]


def test_each_results_file_of_a_folder_is_a_run(tmp_path: Path) -> None:
    write_output(tmp_path / "a", {"t": [generated(0)]})
    write_output(tmp_path / "a", {"t": [generated(0), generated(1)]}, date="2026-02-02T00-00-00.000001")
    write_output(tmp_path / "b", {"t": [generated(0)]}, {**results("t"), "model_name": "gpt-5"}, name="mine")
    (tmp_path / "b/samples_t_2020-01-01T00-00-00.000001.jsonl").write_text("{}\n")
    (tmp_path / "b/config.json").write_text("{}")
    plan = read(tmp_path)
    assert [(run.models[0].name, len(run.results)) for run in plan.runs] == [(MODEL, 1), (MODEL, 2), ("gpt-5", 1)]
    assert [(each.what, each.why.partition(",")[0]) for each in plan.left_out] == [
        ("b/samples_t_2020-01-01T00-00-00.000001.jsonl", "has no results file of the same date beside it")
    ]


def test_a_file_of_samples(tmp_path: Path) -> None:
    write_output(tmp_path, {"t": [generated(0)], "u": [generated(0)]})
    [run] = read(tmp_path / f"samples_t_{DATE}.jsonl").runs
    assert ([each.title for each in run.tasks], run.models[0].name) == (["t"], MODEL)


def test_a_file_of_samples_alone_needs_a_model(tmp_path: Path) -> None:
    write_output(tmp_path, {"my_task": [generated(0)], "u": [generated(0)]}).unlink()
    alone = tmp_path / f"samples_my_task_{DATE}.jsonl"
    why = "has no results file of the same date beside it, which would name the model; name it by --model"
    with pytest.raises(ImportFailed) as failed:
        read(alone)
    assert str(failed.value) == f"{alone}: {why}"
    with pytest.raises(ImportFailed) as failed:
        read(tmp_path)
    assert str(failed.value) == f"{tmp_path}: {alone.name} {why}"
    [run] = read(alone, model="local/mine").runs
    assert (run.models[0].name, run.source, run.suite, run.created_at) == ("local/mine", "lm-eval", "my_task", None)
    [both] = read(tmp_path, model="local/mine").runs
    assert [each.title for each in both.tasks] == ["my_task", "u"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"model_name": "gpt-4o"}, "gpt-4o"),
        ({"model_name": "/models/my llama/"}, "models/my-llama"),
        ({"model_name": None}, MODEL),
        ({"model_name": None, "config": {"model_args": "pretrained=a/b,dtype=auto"}}, "a/b"),
        ({"model_name": None, "config": {"model_args": "base_url=http://x,model=c"}}, "c"),
        ({"model_name": "", "config": {"model_args": None}}, "hf"),
    ],
)
def test_names_of_models(tmp_path: Path, more: dict[str, Any], expected: str) -> None:
    assert run_of(tmp_path, {"t": [generated(0)]}, {**results("t"), **more}).models[0].name == expected


def test_an_output_that_does_not_name_its_model(tmp_path: Path) -> None:
    head = {**results("t"), "model_name": None, "config": {}, "model_source": None}
    with pytest.raises(ImportFailed, match="no results file beside it names the model; name it by --model"):
        plan_of(tmp_path, {"t": [generated(0)]}, head)
    assert run_of(tmp_path, {"t": [generated(0)]}, head, model="a/b").models[0].name == "a/b"


def test_options_rename_what_is_imported(tmp_path: Path) -> None:
    run = run_of(tmp_path, {"t": [generated(0)]}, suite="mine", name="Mine", model="a/b")
    assert (run.suite, run.name, run.models[0].name) == ("mine", "Mine", "a/b")


def test_documents_without_a_question(tmp_path: Path) -> None:
    lines = [
        generated(0, doc={"x": 1}),
        generated(1, doc="a text"),
        generated(2, doc={"question": ["list"], "goal": "g"}),
    ]
    run = run_of(tmp_path, {"t": lines})
    assert [each.input for each in run.tasks[0].samples] == ["Q: 0+1?\nA:", "a text", "g"]
