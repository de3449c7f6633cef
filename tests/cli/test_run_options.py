"""What ``assay run`` takes beside names: stored responses, dry runs, limits of attempts."""

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
def test_a_dry_run_shows_prompts_and_makes_no_run(assay: Assay) -> None:
    before = assay("runs", "list", "--json").data["total"]
    models = ("--model", "scripted/mixed", "--model", "oracle")
    shown = assay("run", "--task", "add_two", *models, "--dry-run")
    assert shown.code == 0, shown.err
    assert "--- task add_two, sample main, for scripted/mixed\n[user]\n" in shown.out
    assert "--- task add_two, sample main, for oracle\nno model is asked" in shown.out
    assert "quote: 2 attempts" in shown.out
    data = assay("run", "--suite", "demo", *models, "--dry-run", "--json").data
    assert data["quote"]["attempts"] == 2 * len({(each["task_id"], each["sample_id"]) for each in data["prompts"]})
    with_tests = assay("run", "--task", "add_two", *models, "--include-tests", "--dry-run").out
    assert "These are the tests that will grade your work:" in with_tests
    assert assay("runs", "list", "--json").data["total"] == before


@pytest.mark.slow
def test_stored_responses_are_judged_under_a_name_of_their_own(assay: Assay, tmp_path: Path) -> None:
    file = tmp_path / "my answers.yaml"
    file.write_text(f"responses:\n  add_two: {json.dumps(RIGHT)}\n")
    ran = assay("run", "--task", "add_two", "--response-file", str(file), "--json")
    assert ran.code == 0, ran.err
    assert (ran.data["models"], ran.data["progress"]["outcomes"]) == (["replay/my_answers"], {"passed": 1})
    assert ran.data["progress"]["cost_usd"] == "0"
    wrong = assay("run", "--task", "add_two", "--response-text", "no", "--strict", "--json")
    assert (wrong.code, wrong.data["models"]) == (3, ["replay/text"])


@pytest.mark.slow
def test_a_limit_above_the_tasks_is_refused_by_name(assay: Assay) -> None:
    refused = assay("run", "--task", "add_two", "--model", "oracle", "--wall-time", "20h")
    assert refused.code == 2
    assert "attempt_limits.wall_seconds" in refused.err
    assert "of task 'add_two'" in refused.err
    assert assay("run", "--task", "add_two", "--model", "oracle", "--wall-time", "20s", "--turns", "3").code == 0


@pytest.mark.slow
def test_what_is_not_listed_cannot_be_installed(assay: Assay) -> None:
    refused = assay("run", "--task", "add_two", "--model", "oracle", "--install-deps")
    assert refused.code == 2
    assert "install_deps" in refused.err and "workspace/requirements.txt" in refused.err


def test_limits_are_read_as_people_write_them() -> None:
    assert attempt_limits(10, 20, "1m30s", 3, 4, "$0.5") == AttemptLimits(
        max_tokens=10, tokens=20, wall_seconds=90.0, tool_calls=3, turns=4, cost_usd="0.5"
    )
    with pytest.raises(BadUsage, match="--cost"):
        attempt_limits(None, None, "", None, None, "much")


def test_responses_are_read_from_yaml_and_from_lines(tmp_path: Path) -> None:
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
    ("name", "content", "told"),
    [
        ("a.jsonl", '{"task_id": "one"}', "line 1: Object missing required field `response`"),
        ("a.jsonl", '{"task_id": "one", "response": "x"}\n' * 2, "line 2: task 'one', sample 'default' came before"),
        ("a.yaml", "responses: [", "is not YAML"),
        ("a.yaml", "one: x", "unknown field `one`"),
    ],
)
def test_a_file_that_is_none_says_where(tmp_path: Path, name: str, content: str, told: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(BadUsage, match=told):
        read_responses(tmp_path / name, "")


def test_both_a_file_and_a_text_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="not both"):
        read_responses(tmp_path / "a.yaml", "x")
    with pytest.raises(BadUsage, match="cannot be read"):
        read_responses(tmp_path / "a.yaml", "")


def test_a_run_whose_models_see_the_tests_says_so_and_when_what_it_left_was_given_up() -> None:
    assert note_lines(RUN) == []
    told = note_lines(structs.replace(RUN, include_tests=True, expired_at=NOW))
    assert told[0] == "its models are shown the hidden tests: it counts on no leaderboard"
    assert told[1].startswith("what it left was given up at 20")
