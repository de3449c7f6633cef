"""Tasks of Harbor and Terminal-Bench, as far as their files alone decide what becomes of them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.harbor.folder import IMAGE_NOTE, NOT_SOLVED, SAME_CONTAINER_NOTE, read, read_unsolved
from assay.catalog.importers.harbor.image import working_folder
from assay.catalog.importers.harbor.task import Unsolved
from assay.catalog.importers.harbor.verifier import Setup, prepared_tests
from assay.catalog.importers.plan import ImportPlan, TaskOptions
from assay.catalog.importers.python_code import NotUsable
from assay.contracts.tasks import Difficulty
from tests.catalog.importers.container_tasks import (
    CONFIG,
    DOCKERFILE,
    SOLVE,
    TASK_YAML,
    UV_TEST_SH,
    harbor_task,
    terminal_bench_task,
)
from tests.catalog.importers.harness import left_out, read_yaml, written


def only_task(folder: Path, **options: object) -> Unsolved:
    [task] = read_unsolved(folder, TaskOptions(**options)).tasks  # pyright: ignore[reportArgumentType]
    return task


def reason(folder: Path) -> str:
    [why] = left_out(read(folder, TaskOptions())).values()
    return why


def test_a_harbor_task_becomes_a_task_for_agents(tmp_path: Path) -> None:
    task = only_task(harbor_task(tmp_path / "count-words"))
    manifest = read_yaml(task.files["task.yaml"])
    assert (manifest["id"], manifest["solver"], manifest["outputs"]) == ("harbor_count_words", "agent", ["*"])
    assert (manifest["category"], manifest["difficulty"]) == ("file-operations", "easy")
    assert manifest["tags"] == ["imported", "harbor", "same_container", "text-files", "counting"]
    assert manifest["limits"]["wall_seconds"] == 120
    assert (manifest["sandbox"]["wall_seconds"], manifest["sandbox"]["memory_mb"]) == (60, 1024)
    assert manifest["sandbox"]["workspace_mb"] == 1024, "a disk of 10 GB would be in memory"
    assert (task.solution_folder, task.script, task.variables) == ("/solution", "/solution/solve.sh", {"WORDS": "3"})
    assert {path for path in task.files if path.startswith("environment/")} == {
        f"environment/{name}" for name in ("Dockerfile", "assay_setup.sh", "letters.txt", "shout")
    }
    instructions = task.files["instructions.md"].decode()
    assert instructions.startswith("Count the words of /app/input/letters.txt")
    assert "The working folder /app is your workspace" in instructions
    assert not any("README" in path or "solve" in path for path in task.files)


def test_a_terminal_bench_task_becomes_one_too(tmp_path: Path) -> None:
    task = only_task(terminal_bench_task(tmp_path / "sum-up"), category="sums", difficulty=Difficulty.HARD, prefix="tb")
    manifest = read_yaml(task.files["task.yaml"])
    assert (manifest["id"], manifest["category"], manifest["difficulty"]) == ("tb_sum_up", "sums", "hard")
    assert manifest["tags"] == ["imported", "terminal_bench", "same_container", "sums"]
    assert (task.seconds, task.script) == (360, "/oracle/solution.sh")
    settings = json.loads(task.files["tests/assay/settings.json"])
    assert settings == {"script": "run-tests.sh", "reads_summary": True, "variables": {"TEST_DIR": "/tests"}}
    assert {"tests/run-tests.sh", "tests/expected.txt", "environment/numbers.txt"} <= task.files.keys()
    assert not any("solution" in path or "compose" in path for path in task.files)


def test_the_solved_task_is_valid(tmp_path: Path) -> None:
    task = only_task(harbor_task(tmp_path / "count-words"))
    start = {"input/letters.txt": b"a b c\n"}
    made = {**start, "out/count.txt": b"3\n", "__pycache__/a.pyc": b"x", "b.pyc": b"x"}
    solved = task.solved(start, made)
    assert {path for path in solved.files if path.startswith("reference/")} == {
        "reference/input/letters.txt",
        "reference/out/count.txt",
    }
    staged = written(ImportPlan(title="t", tasks=(solved,)), tmp_path / "catalog")
    assert (staged.left_out, [each.task.task_id for each in staged.tasks]) == ((), ["harbor_count_words"])
    from_nothing = task.solved({}, {"out/count.txt": b"3\n"})
    assert not written(ImportPlan(title="t", tasks=(from_nothing,)), tmp_path / "other").left_out


def test_without_solutions_every_task_is_left_out_with_its_reason(tmp_path: Path) -> None:
    harbor_task(tmp_path / "tasks" / "a")
    harbor_task(tmp_path / "tasks" / "b", task_toml=CONFIG.replace("gpus = 0", "gpus = 1"))
    terminal_bench_task(tmp_path / "tasks" / "more" / "c")
    (tmp_path / "tasks" / ".git").mkdir()
    plan = read(tmp_path / "tasks", TaskOptions())
    assert left_out(plan) == {"a": NOT_SOLVED, "b": "needs a GPU", "c": NOT_SOLVED}
    assert (plan.title, plan.tasks, plan.notes) == ("tasks", (), (SAME_CONTAINER_NOTE, IMAGE_NOTE))
    assert len(read_unsolved(tmp_path / "tasks", TaskOptions(limit=1)).tasks) == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"task_toml": "[metadata"}, "task.toml is not valid TOML"),
        ({"task_toml": f"{CONFIG}\n[[steps]]\nname = 'one'\n"}, "has several steps"),
        ({"task_toml": CONFIG.replace('GREETING = "good $day"', 'KEY = "${OPENAI_API_KEY}"')}, "variables of the host"),
        (
            {"task_toml": CONFIG.replace("timeout_sec = 60.0", 'environment_mode = "separate"')},
            "container of their own",
        ),
        ({"instruction_md": " \n"}, "instruction.md is empty"),
        ({"solution__solve_sh": None}, "has no solution/solve.sh"),
        ({"tests__test_sh": None}, "has no tests/test.sh"),
        ({"environment__Dockerfile": None}, "has neither environment/Dockerfile nor docker_image"),
        ({"environment__big.bin": "x" * 100_001}, "more than 100 KB"),
        (
            {"environment__docker-compose.yaml": "services: {main: {}, db: {image: postgres}}"},
            "several containers: main, db",
        ),
        (
            {"environment__docker-compose.yaml": "services: {main: {privileged: true}}"},
            "its container needs privileged",
        ),
        ({"environment__Dockerfile": "FROM a\nRUN --mount=type=cache,target=/x true\nWORKDIR /app\n"}, "BuildKit"),
        ({"environment__Dockerfile": "FROM a\nCOPY <<EOF /app/x\nhi\nEOF\nWORKDIR /app\n"}, "BuildKit"),
        ({"tests__test_outputs_py": 'A = open("/etc/nginx/nginx.conf").read()\n'}, "its tests look at /etc"),
        ({"tests__test_outputs_py": 'import requests\nrequests.get("http://localhost:80")\n'}, "talk to a server"),
        ({"tests__test_sh": "systemctl status nginx\n"}, "ask for running programs"),
        ({"tests__test_sh": "git clone https://example.org/a.git\n"}, "its tests download something: git clone"),
        ({"tests__test_sh": "uvx --with rewards==1 rewards /tests\n"}, "its tests download something: uvx"),
        ({"solution__solve_sh": "pip install numpy\n"}, "its solution downloads something"),
        ({"tests__assay__x.py": ""}, "its tests have a folder 'assay'"),
    ],
)
def test_what_a_fresh_sandbox_cannot_grade_is_left_out(tmp_path: Path, changes: dict[str, str], why: str) -> None:
    assert why in reason(harbor_task(tmp_path / "task", **changes))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"task_yaml": TASK_YAML.replace("pytest", "swebench")}, "not those of pytest"),
        ({"task_yaml": "difficulty: easy\n"}, "has no instruction"),
        ({"task_yaml": "a: [\n"}, "cannot be read: task.yaml"),
        ({"docker_compose_yaml": "services: {client: {}, api: {}}"}, "several containers: client, api"),
        ({"solution_sh": None}, "neither solution.sh nor solution.yaml"),
        ({"solution_sh": None, "solution.yaml": "- command: vim a\n  block: false\n"}, "types keys into programs"),
        ({"Dockerfile": None}, "has no Dockerfile"),
        ({"run_tests_sh": None}, "has no run-tests.sh"),
    ],
)
def test_so_it_is_with_terminal_bench(tmp_path: Path, changes: dict[str, str], why: str) -> None:
    assert why in reason(terminal_bench_task(tmp_path / "task", **changes))


def test_what_is_harmless_is_taken(tmp_path: Path) -> None:
    """Paths as data, servers that the tests start, alternatives to a download, compose files of one container."""
    only_task(
        harbor_task(
            tmp_path / "task",
            tests__test_outputs_py='LINE = ["/var/log/a.log"]\nimport subprocess\nURL = "http://localhost:80"\n',
            solution__solve_sh=f"{SOLVE}pip install numpy || true\n",
            **{"environment__docker-compose.yaml": "services:\n  main:\n    environment: [A=1]\n"},
        )
    )


def test_an_image_can_be_given_by_its_name(tmp_path: Path) -> None:
    config = CONFIG.replace("cpus = 1", 'docker_image = "debian:trixie-slim"')
    task = only_task(harbor_task(tmp_path / "task", task_toml=config, environment__Dockerfile=None))
    assert task.files["environment/Dockerfile"].startswith(b"FROM debian:trixie-slim\n")


def test_solution_yaml_is_a_list_of_commands(tmp_path: Path) -> None:
    commands = "- command: cd /app\n  min_timeout_sec: 1.0\n  block: true\n  append_enter: true\n- command: ls\n"
    task = only_task(terminal_bench_task(tmp_path / "task", solution_sh=None, **{"solution.yaml": commands}))
    assert task.solution == {"solution.sh": b"#!/bin/bash\ncd /app\nls\n"}


def test_what_tests_download_becomes_part_of_the_image(tmp_path: Path) -> None:
    task = only_task(harbor_task(tmp_path / "task", tests__test_sh=UV_TEST_SH))
    dockerfile = task.files["environment/Dockerfile"].decode()
    assert dockerfile.startswith(DOCKERFILE.rstrip())
    added = dockerfile.removeprefix(DOCKERFILE.rstrip()).strip().splitlines()[2:]
    assert added == [
        "USER root",
        'ENV GREETING="good \\$day"',
        "RUN apt-get update",
        "RUN apt-get install -y curl",
        "COPY assay_setup.sh /opt/assay/setup.sh",
        'RUN ["/bin/sh", "/opt/assay/setup.sh", "pytest==8.4.1", "pytest-json-ctrf==0.3.5"]',
    ]
    script = task.files["tests/test.sh"].decode()
    assert subprocess.run(["bash", "-n", "-c", script], check=False).returncode == 0
    pytest_command = "/opt/assay/venv/bin/python /tests/assay/run_pytest.py --ctrf /logs/verifier/ctrf.json"
    assert f"{pytest_command} /tests/test_outputs.py -rA\n\nif [ $? -eq 0 ]" in script


@pytest.mark.parametrize(
    ("line", "becomes", "requirements"),
    [
        ("python3 -m pytest /tests -q", "python3 /tests/assay/run_pytest.py /tests -q", ()),
        ("pytest /tests", "pytest /tests", ()),
        ("  uv run pytest $TEST_DIR/t.py", "  V /tests/assay/run_pytest.py $TEST_DIR/t.py", ("pytest",)),
        ("uv run python check.py", "V check.py", ()),
        ("uvx --with 'a[b]>=1' --with=c pytest", "V /tests/assay/run_pytest.py", ("a[b]>=1", "c", "pytest")),
        ("uv add pytest==8.4.1 requests", ":", ("pytest==8.4.1", "requests")),
        ("uv init 2>/dev/null || true", ":", ()),
        ("# uvx pytest", "# uvx pytest", ()),
        ("curl -s http://localhost:8000/a", "curl -s http://localhost:8000/a", ()),
    ],
)
def test_commands_of_test_scripts(line: str, becomes: str, requirements: tuple[str, ...]) -> None:
    tests, setup = prepared_tests({"test.sh": line.encode()})
    expected = becomes.replace("V ", "/opt/assay/venv/bin/python ")
    assert tests["test.sh"].decode() == (f":  # in the image: {line}" if becomes == ":" else expected)
    assert setup.requirements == requirements


def test_only_what_must_change_in_a_script_changes() -> None:
    script = "awk '{ print \\\n  $1 }' a\ncat <<'EOF'\na \\\nEOF\ncp a \\\n  b\n"
    tests, setup = prepared_tests({"run.sh": script.encode(), "a.txt": b"uvx pytest"})
    assert (tests["run.sh"].decode(), tests["a.txt"]) == (script, b"uvx pytest")
    assert setup == Setup()


def test_packages_with_other_names_are_refused() -> None:
    with pytest.raises(NotUsable, match="which pip cannot get by that name"):
        prepared_tests({"test.sh": b"uvx -w git+https://example.org/a pytest"})


@pytest.mark.parametrize(
    ("dockerfile", "folder"),
    [
        ("FROM a\nWORKDIR /first\nworkdir \\\n  /app/\n", "/app"),
        ("FROM a\n# WORKDIR /no\nRUN echo WORKDIR\n", ""),
        ("FROM a\nWORKDIR $HOME/x\n", ""),
    ],
)
def test_the_working_folder_is_read_if_the_dockerfile_states_it(dockerfile: str, folder: str) -> None:
    assert working_folder({"Dockerfile": dockerfile.encode()}) == folder


def test_a_wrong_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match=r"has no task; looked for task\.toml and task\.yaml"):
        read(tmp_path, TaskOptions())
    with pytest.raises(ImportFailed, match="is no folder"):
        read(harbor_task(tmp_path / "a") / "task.toml", TaskOptions())
    (tmp_path / "a" / "tests" / "link").symlink_to("/etc/passwd")
    assert "its folder tests cannot be read" in reason(tmp_path / "a")
