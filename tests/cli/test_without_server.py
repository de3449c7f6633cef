"""The command without a server: help, bad usage, checks of this machine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assay.cli.errors import FAILED, USAGE
from assay.cli.lazy import COMMANDS, load
from tests.cli.harness import run_assay

NO_SERVER = "assay: no server is running here; start one with `assay up` (or `assay demo`), or set --server"
TASK = Path(__file__).parents[2] / "catalog" / "tasks" / "add_two"


def test_help_lists_every_command_and_is_quick(tmp_path: Path) -> None:
    seconds: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        result = run_assay(tmp_path, "--help")
        seconds.append(time.perf_counter() - began)
        assert result.code == 0
        assert all(f"  {name}" in result.out for name in COMMANDS)
    print(f"assay --help takes {min(seconds):.3f} s")


def test_help_imports_none_of_the_commands() -> None:
    program = (
        "import sys, assay.cli.__main__; print(*(name for name in sys.modules if name.startswith(('rich', 'assay.'))))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) == {
        "assay.cli",
        "assay.cli.__main__",
        "assay.cli.errors",
        "assay.cli.lazy",
        "assay.cli.safe_text",
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_s_help_matches_the_list(name: str) -> None:
    assert load(name).help == COMMANDS[name]


def test_every_command_can_print_json() -> None:
    without: list[str] = []
    for name in COMMANDS:
        command = load(name)
        for each in getattr(command, "commands", {name: command}).values():
            if not any("--json" in option.opts for option in each.params):
                without.append(f"{name} {each.name}")
    assert without == ["serve serve"]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_lists_no_shell_completion_options(name: str) -> None:
    command = load(name)
    for each in (command, *getattr(command, "commands", {}).values()):
        assert not [option for option in each.params if "completion" in option.name]


@pytest.mark.parametrize(
    "command",
    [
        ("runs", "list"),
        ("runs", "pause", "latest"),
        ("leaderboard",),
        ("run", "--task", "t", "--model", "m"),
        ("watch",),
        ("models", "list"),
        ("costs",),
        ("limits", "show"),
    ],
)
def test_without_a_server_the_error_names_the_command_that_starts_one(tmp_path: Path, command: tuple[str, ...]) -> None:
    result = run_assay(tmp_path, *command)
    assert result.code == FAILED
    assert result.out == ""
    assert result.err.startswith(NO_SERVER)


def test_an_unreachable_address_is_named(tmp_path: Path) -> None:
    result = run_assay(tmp_path, "runs", "list", "--server", "http://127.0.0.1:9")
    assert result.code == FAILED
    assert "http://127.0.0.1:9" in result.err


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("leaderbord",), "leaderboard"),
        (("run", "--task", "add_two"), "--model"),
        (("run", "--model", "oracle"), "--suite"),
        (("run", "--task", "t", "--model", "m", "--temperature", "9"), "temperature"),
        (("run", "--task", "t", "--model", "not a model"), "--model: must be a model name such as"),
        (("run", "--task", "t", "--model", ""), 'letters, digits and ._:@/-), got ""\n'),
        (("run", "--task", "t", "--model", "m", "--sandbox", "chroot"), "'docker', 'kubernetes', 'process'"),
        (("run", "--task", "t", "--model", "m", "--temperature", "hot"), "must be a number, got 'hot'\n"),
        (("run", "--task", "t", "--model", "m", "--limit", "much"), "--limit"),
        (("run", "--task", "t", "--model", "m", "--limit", "0"), "--limit: 0 would end every attempt"),
        (("run", "--task", "t", "--model", "m", "--limit", "$0.00"), "--limit: 0 would end every attempt"),
        (("prices", "set", "openai/gpt-4o=1"), "`assay prices set openai/gpt-4o --input 0.15 --output 0.6`"),
        (("prices", "set", "openai/gpt-4o"), "give both prices"),
        (("run", "--task", "t", "--model", "m", "--time-limit", "long"), "--time-limit"),
        (("run", "--task", "t", "--model", "m", "--time-limit", "99d"), "must be at most 2592000 (seconds)"),
        (("run", "--task", "t", "--model", "m", "--priority", "10"), "--priority"),
        (("run", "--task", "t", "--model", "m", "--price", "m=1"), "--price"),
        (("runs", "change", "latest"), "--limit"),
        (("runs", "cancel", "latest", "--grace", "x"), "--grace"),
        (("limits", "set"), "--day"),
        (("limits", "set", "--day", "all"), "--day"),
        (("costs", "--by", "week"), "--by"),
        (("costs", "--since", "2026-02-01", "--until", "2026-01-01"), "--until"),
        (("up", "--port", "x"), "--port"),
        (("serve", "nothing"), "gateway"),
        (("tasks", "validate", "ad_two"), "add_two"),
    ],
)
def test_bad_usage_exits_with_2_and_names_the_mistake(tmp_path: Path, command: tuple[str, ...], expected: str) -> None:
    result = run_assay(tmp_path, *command)
    assert result.code == USAGE, result.err
    assert expected in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    "command",
    [("runs", "list", "--limt", "5"), ("runs", "lst"), ("up", "--port", "x"), ("runs", "change", "latest"), ("watch",)],
    ids=" ".join,
)
def test_with_json_every_error_is_one_json_object_on_stderr(tmp_path: Path, command: tuple[str, ...]) -> None:
    result = run_assay(tmp_path, *command, "--json")
    error = json.loads(result.err)
    assert result.out == ""
    assert error["exit_code"] == result.code != 0
    assert error["code"] in ("usage", "failed")
    assert error["error"] in run_assay(tmp_path, *command).err


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_complete_and_free_of_python_types(tmp_path: Path, name: str) -> None:
    for command in ((), (name,), *((name, each) for each in getattr(load(name), "commands", ()))):
        text = run_assay(tmp_path, *command, "--help").out
        assert "..." not in text.replace("]...", "").replace("}...", "").replace("COMMAND [ARGS]...", ""), text
        assert not re.search(r"<(str|list|int|float|path)|range>", text), text


def test_a_host_other_than_loopback_needs_a_token(tmp_path: Path) -> None:
    result = run_assay(tmp_path, "up", "--host", "0.0.0.0")
    assert result.code == FAILED
    assert "ASSAY_TOKEN" in result.err


def test_doctor_checks_this_machine_and_prints_names_of_keys_but_not_values(tmp_path: Path) -> None:
    result = run_assay(tmp_path, "doctor", "--json", OPENAI_API_KEY="sk-canary")
    levels = {check["part"]: check["level"] for check in result.data}
    assert {part: levels[part] for part in ("python", "postgres", "nats", "bubblewrap", "model")} == {
        "python": "ok",
        "postgres": "ok",
        "nats": "ok",
        "bubblewrap": "ok",
        "model": "ok",
    }
    assert "OPENAI_API_KEY" in result.out
    assert "sk-canary" not in result.out + result.err
    assert all(check["remedy"] for check in result.data if check["level"] != "ok")
    assert run_assay(tmp_path, "doctor").out.count("\n") >= len(levels)


def test_doctor_fails_when_a_needed_part_is_missing(tmp_path: Path) -> None:
    result = run_assay(tmp_path, "doctor", "--json", ASSAY_WEB=str(tmp_path))
    assert result.code == FAILED
    assert next(check for check in result.data if check["part"] == "dashboard")["remedy"] == "run `make setup`"


def test_a_valid_task_is_accepted_by_id_and_by_folder(tmp_path: Path) -> None:
    assert run_assay(tmp_path, "tasks", "validate", "add_two", "--json").data[0]["ok"]
    assert run_assay(tmp_path, "tasks", "validate", str(TASK), "--json").data[0]["ok"]


def test_a_mistake_in_a_task_names_file_line_and_field(tmp_path: Path) -> None:
    folder = shutil.copytree(TASK, tmp_path / "add_two")
    text = (folder / "task.yaml").read_text()
    (folder / "task.yaml").write_text(text.replace("difficulty: trivial", "difficulty: trivail"))
    line = next(n for n, content in enumerate(text.splitlines(), 1) if content.startswith("difficulty:"))
    result = run_assay(tmp_path, "tasks", "validate", str(folder), "--json")
    assert result.code == FAILED
    [mistake] = result.data[0]["mistakes"]
    assert f"task.yaml:{line}: difficulty" in mistake
    assert "trivial" in mistake


def test_the_whole_catalogue_is_valid(tmp_path: Path) -> None:
    result = run_assay(tmp_path, "tasks", "validate")
    assert result.code == 0, result.out


def test_full_validation_grades_the_task_s_own_files(tmp_path: Path) -> None:
    result = run_assay(tmp_path, "tasks", "validate", "add_two", "--full", "--json")
    assert result.code == 0, result.out
    [state] = result.data
    scores = {trial["name"]: trial["verdict"]["score"] for trial in state["trials"]}
    assert scores["reference"] == 1.0
    assert scores["noop"] == 0.0
    assert {score for name, score in scores.items() if name.startswith("cheats/")} == {0.0}


def test_full_validation_of_a_catalogue_prints_a_table(tmp_path: Path) -> None:
    catalog = small_catalog(tmp_path)
    result = run_assay(tmp_path, "tasks", "validate", "--all", "--full", ASSAY_CATALOG=str(catalog))
    assert result.code == 0, result.out + result.err
    table, summary = result.out.splitlines()[:-1], result.out.splitlines()[-1]
    rows = {cells[0]: cells[1:] for cells in (re.split(r" {2,}", line) for line in table)}
    graded = ["1", "0", "2 of 2 score 0"]
    assert rows["add_two"][:5] == ["python", "tests", *graded] and rows["add_two"][-1] == "bubblewrap"
    assert rows["ticket_routing"][:5] == ["-", "choice", *graded] and rows["ticket_routing"][-1] == "-"
    assert rows["opinion"][2] == "not graded"
    assert "people grade what its other checks leave open" in result.out
    assert summary.startswith(
        "2 of 3 tasks graded as they must be; right: references 2 of 2, no-ops 2 of 2, cheats 4 of 4; "
    )
    assert "3 of 3: " in result.err
    both = run_assay(tmp_path, "tasks", "validate", "add_two", "--all")
    assert (both.code, "either TASK or --all" in both.err) == (USAGE, True)


def small_catalog(folder: Path) -> Path:
    """Two tasks of the catalogue, and one that people grade."""
    catalog = folder / "catalog"
    for name in ("add_two", "ticket_routing"):
        shutil.copytree(TASK.parent / name, catalog / "tasks" / name)
    (catalog / "tasks" / "opinion").mkdir()
    (catalog / "tasks" / "opinion" / "task.yaml").write_text(
        "id: opinion\ntitle: Opinion\ncategory: facts\ndifficulty: trivial\nsolver: answer\ninstructions: Say it.\n"
        "checks: [{kind: review, criteria: [{id: clear, text: It is clear.}]}]\n"
        "samples: [{sample_id: a, reference: Yes.}]\n"
    )
    return catalog


def test_full_validation_says_what_this_machine_lacks(tmp_path: Path) -> None:
    arguments = ("tasks", "validate", "postgres_migration", "--full", "--sandbox", "bubblewrap")
    result = run_assay(tmp_path, *arguments)
    assert result.code == 0
    assert "not graded" in result.out and "1 not checked on this host" in result.out
    assert run_assay(tmp_path, *arguments, "--strict").code == FAILED


def test_full_validation_fails_where_the_reference_is_wrong(tmp_path: Path) -> None:
    folder = shutil.copytree(TASK, tmp_path / "add_two")
    for file in (folder / "reference").iterdir():
        file.write_text("def add(a, b):\n    return 0\n")
    result = run_assay(tmp_path, "tasks", "validate", str(folder), "--full")
    assert result.code == FAILED
    assert "reference of sample main scores 0, but must score 1" in result.out
    assert "    failed: test_add.py::" in result.out
    assert "where 0 = add(" in result.out
