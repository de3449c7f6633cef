"""Runs are split so that each fits into one request, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.results import parts
from assay.contracts.codec import encode
from assay.contracts.imported_runs import (
    ImportedMessage,
    ImportedModel,
    ImportedResult,
    ImportedRun,
    ImportedRunTask,
    ImportedSample,
    ImportedScore,
    ImportedStep,
)
from assay.contracts.tail import StepKind
from assay.contracts.verdicts import Outcome
from tests.catalog.importers.results.inspect_logs import plan_of, sample


def run(samples: int, repeats: int = 1, tasks: int = 1, response: str = "") -> ImportedRun:
    ids = [f"t{number}" for number in range(tasks)]
    return ImportedRun(
        source="Inspect",
        name="sums",
        suite="sums",
        models=(ImportedModel(name="a/b"),),
        tasks=tuple(
            ImportedRunTask(
                task_id=each,
                title=each,
                samples=tuple(ImportedSample(sample_id=str(number)) for number in range(samples)),
            )
            for each in ids
        ),
        results=tuple(
            ImportedResult(
                task_id=each,
                sample_id=str(number),
                model="a/b",
                repeat=repeat,
                outcome=Outcome.PASSED,
                scores=(ImportedScore(name="match", value=1.0),),
                response=response,
            )
            for each in ids
            for number in range(samples)
            for repeat in range(1, repeats + 1)
        ),
    )


def check(whole: ImportedRun, split: tuple[ImportedRun, ...]) -> None:
    """Nothing is lost, and each part has exactly the samples that it has results of."""
    assert tuple(result for part in split for result in part.results) == whole.results
    for part in split:
        assert {(each.task_id, each.sample_id) for each in part.results} == {
            (task.task_id, each.sample_id) for task in part.tasks for each in task.samples
        }
        assert len(encode(part)) < parts.MAX_PART_BYTES + 100_000
        assert (part.suite, part.models, part.source) == (whole.suite, whole.models, whole.source)


def test_a_small_run_stays_as_it_is() -> None:
    whole = run(10, repeats=3, tasks=2)
    assert parts.split(whole) == (whole,)


def test_a_part_has_at_most_5000_results() -> None:
    whole = run(4_000, repeats=3)
    split = parts.split(whole)
    check(whole, split)
    assert [len(part.results) for part in split] == [5_000, 5_000, 2_000]
    assert [part.name for part in split] == ["sums (part 1 of 3)", "sums (part 2 of 3)", "sums (part 3 of 3)"]


def test_a_part_fits_into_a_request() -> None:
    whole = run(50, response="x" * 900_000)
    split = parts.split(whole)
    check(whole, split)
    assert [len(part.results) for part in split] == [17, 17, 16]


def test_a_part_has_at_most_1000_tasks() -> None:
    whole = run(1, tasks=1_500)
    split = parts.split(whole)
    check(whole, split)
    assert [len(part.tasks) for part in split] == [1_000, 500]


def test_a_part_spans_at_most_100000_attempts() -> None:
    """Also if only few samples have many repeats."""
    whole = run(4_000)
    many = structs.replace(whole.results[0], repeat=50)
    whole = structs.replace(whole, results=(*whole.results, many))
    split = parts.split(whole)
    check(whole, split)
    assert [len(part.results) for part in split] == [4_000, 1]


def test_a_long_name_leaves_room_for_the_part() -> None:
    split = parts.split(structs.replace(run(6_000), name="n" * 200))
    assert [len(part.name) for part in split] == [200, 200]
    assert split[1].name.endswith(" (part 2 of 2)")


def test_what_breaks_the_contract_is_refused() -> None:
    with pytest.raises(ImportFailed, match=r"the results of sums cannot be stored: .*suite"):
        parts.split(structs.replace(run(1), suite="Not an id"))


def test_long_conversations_are_shortened() -> None:
    one = run(1).results[0]
    assert parts.shortened(one) is one
    texts = tuple(ImportedStep(kind=StepKind.MESSAGE, text="x" * 50_000) for _ in range(100))
    prompt = (ImportedMessage(role="user", text="p" * 500_000),)
    cut = parts.shortened(structs.replace(one, steps=texts, prompt=prompt))
    assert len(encode(cut)) <= parts.MAX_RESULT_BYTES
    assert len(cut.steps) == 100
    assert cut.prompt[0].text.endswith("p [cut: 500000 characters]")
    many = parts.shortened(structs.replace(one, steps=texts * 200))
    assert len(encode(many)) <= parts.MAX_RESULT_BYTES
    assert many.steps[250].text == "[cut: 19500 steps]"
    assert len(many.steps) == 501


def test_shortened_conversations_are_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MAX_RESULT_BYTES", 3_000)
    plan = plan_of(
        tmp_path, sample(1), sample(2, input="?", messages=[], output={"completion": "x" * 5_000, "choices": []})
    )
    assert plan.notes == ("1 conversation was too long and has been shortened",)


def test_a_log_of_many_samples_is_split(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, *(sample(number) for number in range(5_001)))
    assert [len(run.results) for run in plan.runs] == [5_000, 1]
