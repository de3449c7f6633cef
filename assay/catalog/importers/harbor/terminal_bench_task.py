"""The first Terminal-Bench's format: ``task.yaml``, ``Dockerfile``, ``docker-compose.yaml``, ``solution.sh`` or
``solution.yaml``, ``run-tests.sh`` and ``tests/``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from assay.catalog.importers.harbor.compose import check_compose, parsed_yaml
from assay.catalog.importers.harbor.harbor_task import text_of
from assay.catalog.importers.harbor.source_task import (
    SourceTask,
    check_environment,
    difficulty,
    folder_files,
    name_of,
    names_of,
    number,
)
from assay.catalog.importers.python_code import NotUsable

CONFIG = "task.yaml"
TEST_SCRIPT, SOLUTION_SCRIPT, COMPOSE = "run-tests.sh", "solution.sh", "docker-compose.yaml"
_NOT_OF_THE_IMAGE = (CONFIG, TEST_SCRIPT, SOLUTION_SCRIPT, "solution.yaml", COMPOSE, "tests/", ".git/")


def read_terminal_bench_task(folder: Path) -> SourceTask:
    """Raises NotUsable."""
    config = parsed_yaml(text_of(folder / CONFIG).encode(), CONFIG)
    instruction = config.get("instruction")
    if not isinstance(instruction, str) or not instruction.strip():
        raise NotUsable("has no instruction")
    if config.get("parser_name", "pytest") != "pytest":
        raise NotUsable("its tests are not those of pytest")
    files = folder_files(folder)
    variables = check_compose(files.get(COMPOSE, b"services: {client: {}}"))
    environment = {path: data for path, data in files.items() if not path.startswith(_NOT_OF_THE_IMAGE)}
    if "Dockerfile" not in environment:
        raise NotUsable("has no Dockerfile")
    if TEST_SCRIPT not in files:
        raise NotUsable(f"has no {TEST_SCRIPT}")
    check_environment(environment)
    tests = {path.removeprefix("tests/"): data for path, data in files.items() if path.startswith("tests/")}
    return SourceTask(
        name=folder.name,
        tag="terminal_bench",
        instruction=instruction,
        difficulty=difficulty(config.get("difficulty")),
        category=name_of(config.get("category")),
        tags=names_of(config.get("tags")),
        environment=environment,
        tests={**tests, TEST_SCRIPT: files[TEST_SCRIPT]},
        test_script=TEST_SCRIPT,
        solution={SOLUTION_SCRIPT: _solution(files)},
        solution_script=SOLUTION_SCRIPT,
        solution_folder="/oracle",
        reads_summary=True,
        variables=variables,
        test_variables={"TEST_DIR": "/tests"},
        agent_seconds=number(config.get("max_agent_timeout_sec"), 900.0),
        test_seconds=number(config.get("max_test_timeout_sec"), 180.0),
    )


def _solution(files: Mapping[str, bytes]) -> bytes:
    """``solution.yaml`` lists what is typed into a terminal; taken are commands that end by themselves."""
    if SOLUTION_SCRIPT in files:
        return files[SOLUTION_SCRIPT]
    if "solution.yaml" not in files:
        raise NotUsable("has neither solution.sh nor solution.yaml, so nothing proves that it can be solved")
    commands = parsed_yaml(b"commands:\n" + files["solution.yaml"], "solution.yaml").get("commands")
    lines = [_command(each) for each in cast("list[Any]", commands)] if isinstance(commands, list) else []
    if not lines:
        raise NotUsable("solution.yaml lists no commands")
    return "\n".join(["#!/bin/bash", *lines, ""]).encode()


def _command(entry: Any) -> str:
    values = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
    command = values.get("command")
    if not isinstance(command, str) or not values.get("append_enter", True) or not values.get("block", True):
        raise NotUsable("its solution types keys into programs, which a script cannot")
    return command
