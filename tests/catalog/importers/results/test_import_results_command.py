"""`assay import inspect` and `assay import lm-eval`: report, send once, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from assay.catalog.importers.results.inspect.log import read
from assay.cli.errors import FAILED, USAGE
from assay.contracts.codec import digest
from tests.catalog.importers.results import inspect_logs, lm_eval_output
from tests.catalog.importers.results.inspect_logs import header, sample, score, write_archive, write_json
from tests.catalog.importers.results.lm_eval_output import generated, write_output
from tests.catalog.importers.results.recording_gateway import RecordingGateway, recording_gateway
from tests.cli.harness import CommandResult, run_assay


@pytest.fixture
def gateway() -> Generator[RecordingGateway]:
    with recording_gateway() as found:
        yield found


def run(folder: Path, *arguments: object) -> CommandResult:
    result = run_assay(folder, "import", *map(str, arguments))
    assert "Traceback" not in result.out + result.err
    return result


@pytest.fixture
def log(tmp_path: Path) -> Path:
    error = {"message": "RuntimeError('down')"}
    samples = [
        sample(1),
        sample(2, scores={"match": score("I"), "style": score(0.5)}),
        sample(3, scores=None, error=error),
        sample(4, scores=None),
        sample(5, scores=None),
    ]
    return write_archive(tmp_path / "log.eval", samples, header(status="error", results=None))


REPORT = [
    "inspect from log.eval: 1 run, 1 task, 3 results of openai/gpt-4o-mini: 1 passed, 1 failed, 1 infra_error",
    "  note: log.eval has the status 'error': 5 of 2 planned samples are in it",
    "  note: the score is 'match' (--score); others are style",
    "  left out, 2: has no score (4, epoch 1, 5, epoch 1)",
]


def test_a_dry_run_only_reports(log: Path) -> None:
    done = run(log.parent, "inspect", "log.eval", "--dry-run")
    assert (done.code, done.err) == (0, "")
    next_ = "dry run, nothing was imported; next: assay leaderboard --suite imported/sums"
    assert done.out.splitlines() == [*REPORT, next_]


def test_a_run_is_sent_once(log: Path, gateway: RecordingGateway) -> None:
    done = run(log.parent, "inspect", "log.eval", "--server", gateway.address)
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        *REPORT,
        "imported run r1 (3 results); next: assay leaderboard --suite imported/sums",
    ]
    [(key, sent)] = gateway.runs.items()
    assert key == f"import-{digest(sent)}"
    assert (sent.suite, len(sent.results), sent.pass_score) == ("sums", 3, 1.0)
    again = run(log.parent, "inspect", "log.eval", "--server", gateway.address)
    assert again.out.splitlines()[-1] == "unchanged: run r1 (3 results); next: assay leaderboard --suite imported/sums"
    assert len(gateway.views) == 1


def test_with_json_the_report_is_one_document(log: Path, gateway: RecordingGateway) -> None:
    found = run(log.parent, "inspect", "log.eval", "--server", gateway.address, "--json").data
    assert (found["format"], found["source"], found["imported"]) == ("inspect", "log.eval", True)
    assert found["left_out"] == [{"why": "has no score", "count": 2, "examples": ["4, epoch 1", "5, epoch 1"]}]
    assert found["runs"] == [
        {
            "name": "sums",
            "suite": "imported/sums",
            "models": ["openai/gpt-4o-mini"],
            "tasks": ["inspect_sums"],
            "results": 3,
            "outcomes": {"passed": 1, "failed": 1, "infra_error": 1},
            "run_id": "r1",
            "unchanged": False,
        }
    ]
    dry = run(log.parent, "inspect", "log.eval", "--json", "--dry-run").data
    assert (dry["imported"], dry["runs"][0]["run_id"]) == (False, "")


def test_options_reach_the_reader(tmp_path: Path, gateway: RecordingGateway) -> None:
    write_json(tmp_path / "log.json", [sample(1, scores={"match": score("C"), "judge": score(8.2)})])
    options = ("--score", "judge", "--scale", "1,10", "--pass-score", "0.8", "--model", "local/mine")
    more = ("--suite", "imported/mine", "--name", "My run", "--server", gateway.address)
    done = run(tmp_path, "inspect", "log.json", *options, *more)
    assert done.code == 0, done.err
    [sent] = gateway.runs.values()
    assert (sent.suite, sent.name, sent.models[0].name, sent.pass_score) == ("mine", "My run", "local/mine", 0.8)
    assert (sent.results[0].scores[0].value, sent.results[0].outcome.value) == (0.8, "passed")


def test_an_output_of_lm_eval(tmp_path: Path, gateway: RecordingGateway) -> None:
    samples = {
        "gsm8k": [generated(0, {"exact_match": 0.0}, "strict"), generated(0, {"exact_match": 1.0}, "flexible")],
        "t": [generated(0)],
    }
    write_output(tmp_path / "out", samples)
    done = run(tmp_path, "lm-eval", "out", "--filter", "flexible", "--server", gateway.address)
    assert done.out.splitlines() == [
        f"lm-eval from out: 1 run, 2 tasks, 2 results of {lm_eval_output.MODEL}: 2 passed",
        "  note: gsm8k: the filter is 'flexible' (--filter); others are strict",
        "imported run r1 (2 results); next: assay leaderboard --suite imported/lm-eval",
    ]


def test_several_runs_and_models(tmp_path: Path, gateway: RecordingGateway) -> None:
    for number, model in enumerate(("a/x", "b/y", "c/z")):
        head = header(eval={"model": model, "task": f"task{number}"})
        write_json(tmp_path / f"{number}.json", [sample(model_usage={})], head)
    done = run(tmp_path, "inspect", tmp_path, "--server", gateway.address)
    assert done.out.splitlines() == [
        f"inspect from {tmp_path}: 3 runs, 3 tasks, 3 results of a/x, b/y and 1 more: 3 passed",
        "imported run r1 (1 result)",
        "imported run r2 (1 result)",
        "imported run r3 (1 result); next: assay runs list",
    ]


def test_an_interrupted_import_is_continued(tmp_path: Path, gateway: RecordingGateway) -> None:
    for name in ("a", "b"):
        write_json(tmp_path / f"{name}.json", [sample(name)])
    gateway.accepts = 1
    failed = run(tmp_path, "inspect", tmp_path, "--server", gateway.address)
    assert failed.code == FAILED
    assert failed.out.splitlines()[-1] == "imported run r1 (1 result)"
    assert "The database is full" in failed.err
    as_json = run(tmp_path, "inspect", tmp_path, "--server", gateway.address, "--json")
    assert (as_json.code, as_json.data["imported"]) == (FAILED, False)
    assert json.loads(as_json.err)["code"] == "full"
    gateway.accepts = 10
    done = run(tmp_path, "inspect", tmp_path, "--server", gateway.address)
    assert [line.partition(";")[0] for line in done.out.splitlines()[-2:]] == [
        "unchanged: run r1 (1 result)",
        "imported run r2 (1 result)",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--scale", "3"), "--scale: '3' is not a scale; write its lowest and highest value like 1,10"),
        (("--scale", "5,1"), "--scale: '5,1' is not a scale"),
        (("--scale", "0,nan"), "--scale: '0,nan' is not a scale"),
        (("--scale", "1,2,3"), "--scale: '1,2,3' is not a scale"),
        (("--pass-score", "0"), "--pass-score: 0 is not a score; it is above 0 and at most 1"),
        (("--pass-score", "70"), "--pass-score: 70 is not a score"),
        (("--suite", "My Suite"), "--suite: 'My Suite' is no id; use at most 64 of a-z, 0-9, _ and -"),
        (("--model", "my model"), "--model: 'my model' is no name of a model; write it like openai/gpt-4o-mini"),
    ],
)
@pytest.mark.parametrize("format_", ["inspect", "lm-eval"])
def test_bad_options(tmp_path: Path, format_: str, arguments: tuple[str, str], expected: str) -> None:
    failed = run(tmp_path, format_, "nowhere", *arguments)
    assert (failed.code, failed.out) == (USAGE, "")
    assert failed.err.startswith(f"assay: {expected}")


@pytest.mark.parametrize("format_", ["inspect", "lm-eval"])
def test_failures_are_sentences(tmp_path: Path, format_: str) -> None:
    missing = run(tmp_path, format_, "missing.json")
    assert (missing.code, missing.err) == (FAILED, "assay: missing.json: does not exist\n")
    (tmp_path / "other.json").write_text("{}")
    other = run(tmp_path, format_, "other.json", "--json")
    assert (other.code, other.out) == (FAILED, "")
    assert json.loads(other.err)["error"].startswith("other.json: is not a ")


def test_without_a_server_the_report_is_shown(log: Path) -> None:
    failed = run(log.parent, "inspect", "log.eval")
    assert failed.code == FAILED
    assert failed.out.splitlines() == REPORT
    assert "no server is running here" in failed.err


def test_odd_names_can_be_shown(tmp_path: Path) -> None:
    head = header(eval={"task": "a\x1b[31m\ud800b", "model": "ü\0x", "task_args": {"\ud800": "\0"}})
    path = write_json(tmp_path / "log.json", [sample("☃\ud800", scores={"s\x07\ud800": score("C")})], head)
    done = run(tmp_path, "inspect", path, "--dry-run")
    assert done.code == 0, done.err
    assert "\x1b" not in done.out
    assert read(path, inspect_logs.ResultsOptions()).runs[0].models[0].name == "x"
