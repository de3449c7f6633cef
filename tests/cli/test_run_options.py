"""Options of ``assay run``: stored responses, dry runs, attempt limits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec import structs

from assay.cli.display.run_text import note_lines
from assay.cli.errors import BadUsage
from assay.cli.limit_options import attempt_limits
from assay.cli.responses import read_responses, replay_name
from assay.contracts.replay import Responses
from assay.contracts.tasks import AttemptLimits
from tests.cli.harness import Assay
from tests.contracts.messages import NOW, RUN

RIGHT = "solution.py\n```python\ndef add(a, b):\n    return a + b\n```"


@pytest.mark.slow
def test_a_dry_run_shows_prompts_and_stores_no_run(assay: Assay) -> None:
    before = assay("runs", "list", "--json").data["total"]
    models = ("--model", "scripted/mixed", "--model", "oracle")
    shown = assay("run", "--task", "add_two", *models, "--dry-run")
    assert shown.code == 0, shown.err
    assert "--- task add_two, sample main, for scripted/mixed\n[user]\n" in shown.out
    assert "--- task add_two, sample main, for oracle\nno prompt: baselines submit" in shown.out
    assert "quote: 2 attempts" in shown.out
    data = assay("run", "--suite", "demo", *models, "--dry-run", "--json").data
    assert data["quote"]["attempts"] == 2 * len({(each["task_id"], each["sample_id"]) for each in data["prompts"]})
    with_tests = assay("run", "--task", "add_two", *models, "--include-tests", "--dry-run").out
    assert "These are the tests that will grade your work:" in with_tests
    assert assay("runs", "list", "--json").data["total"] == before


@pytest.mark.slow
def test_stored_responses_are_graded_under_a_model_name_of_their_own(assay: Assay, tmp_path: Path) -> None:
    file = tmp_path / "my answers.yaml"
    file.write_text(f"responses:\n  add_two: {json.dumps(RIGHT)}\n")
    ran = assay("run", "--task", "add_two", "--response-file", str(file), "--json")
    assert ran.code == 0, ran.err
    assert (ran.data["models"], ran.data["progress"]["outcomes"]) == (["replay/my_answers"], {"passed": 1})
    assert ran.data["progress"]["cost_usd"] == "0"
    wrong = assay("run", "--task", "add_two", "--response-text", "no", "--strict", "--json")
    assert (wrong.code, wrong.data["models"]) == (3, ["replay/text"])


@pytest.mark.slow
def test_a_limit_above_the_tasks_own_is_refused(assay: Assay) -> None:
    refused = assay("run", "--task", "add_two", "--model", "oracle", "--wall-time", "20h")
    assert refused.code == 2
    assert "attempt_limits.wall_seconds" in refused.err
    assert "of task 'add_two'" in refused.err
    assert assay("run", "--task", "add_two", "--model", "oracle", "--wall-time", "20s", "--turns", "3").code == 0


@pytest.mark.slow
def test_installing_without_requirements_is_refused(assay: Assay) -> None:
    refused = assay("run", "--task", "add_two", "--model", "oracle", "--install-deps")
    assert refused.code == 2
    assert "install_deps" in refused.err and "workspace/requirements.txt" in refused.err


def test_attempt_limits_are_parsed() -> None:
    assert attempt_limits(10, 20, "1m30s", 3, 4, "$0.5") == AttemptLimits(
        max_tokens=10, tokens=20, wall_seconds=90.0, tool_calls=3, turns=4, cost_usd="0.5"
    )
    with pytest.raises(BadUsage, match="--cost"):
        attempt_limits(None, None, "", None, None, "much")


def test_responses_are_read_from_yaml_and_json_lines(tmp_path: Path) -> None:
    yaml, lines = tmp_path / "a.yaml", tmp_path / "a.jsonl"
    yaml.write_text("title: Mine\ndefault: d\nresponses:\n  one: x\n  two: {s1: y, default: z}\n")
    lines.write_text(
        '{"task_id": "one", "response": "x"}\n\n{"task_id": "two", "sample_id": "s1", "response": "y"}\n'
        '{"task_id": "two", "response": "z"}\n'
    )
    found = read_responses(yaml, "")
    assert found is not None
    assert found == Responses(default="d", responses={"one": "x", "two": {"s1": "y", "default": "z"}})
    read = read_responses(lines, "")
    assert read is not None
    for task, sample, text in (("one", "any", "x"), ("two", "s1", "y"), ("two", "s2", "z")):
        assert read.response(task, sample) == found.response(task, sample) == text
    assert read_responses(None, "t") == Responses(default="t")
    assert read_responses(None, "") is None
    assert (replay_name(None), replay_name(Path("x/a b.c.yaml"))) == ("replay/text", "replay/a_b.c")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.jsonl", '{"task_id": "one"}', "a.jsonl:1: response: is missing"),
        (
            "a.jsonl",
            '{"task_id": "one", "response": "x"}\n' * 2,
            "a.jsonl:2: task 'one', sample 'default' already has a response",
        ),
        ("a.yaml", "responses: [", "a.yaml:1: not valid YAML"),
        ("a.yaml", "one: x", "unknown field 'one'"),
    ],
)
def test_an_invalid_response_file_is_refused_with_the_place(
    tmp_path: Path, name: str, content: str, expected: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(BadUsage, match=expected):
        read_responses(tmp_path / name, "")


def test_a_response_file_and_a_response_text_are_mutually_exclusive(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="not both"):
        read_responses(tmp_path / "a.yaml", "x")
    with pytest.raises(BadUsage, match="cannot be read"):
        read_responses(tmp_path / "a.yaml", "")


def test_included_tests_and_deleted_artifacts_are_noted() -> None:
    assert note_lines(RUN) == []
    notes = note_lines(structs.replace(RUN, include_tests=True, expired_at=NOW))
    assert notes[0] == "models see the hidden tests; results do not count on the leaderboard"
    assert notes[1].startswith("artifacts deleted at 20")
