"""Harbor's format, which Terminal-Bench 2 has too: ``task.toml``, ``instruction.md``, ``environment/``, ``solution/``
and ``tests/``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay.catalog.importers.harbor.compose import check_compose
from assay.catalog.importers.harbor.source_task import (
    SourceTask,
    check_environment,
    difficulty,
    folder_files,
    mebibytes,
    name_of,
    names_of,
    number,
    table,
    variables,
)
from assay.catalog.importers.python_code import NotUsable
from assay.catalog.yaml.read import Unreadable, decode_text, read_bytes

CONFIG = "task.toml"
TEST_SCRIPT, SOLUTION_SCRIPT = "test.sh", "solve.sh"
_COMPOSE = ("docker-compose.yaml", "docker-compose.yml")
_MAX_BYTES = 1_000_000


def read_harbor_task(folder: Path) -> SourceTask:
    """Raises NotUsable."""
    config = _config(folder)
    _check_config(config)
    metadata, environment = table(config, "metadata"), table(config, "environment")
    files, compose_variables = _environment(folder, environment)
    tests, solution = folder_files(folder / "tests"), folder_files(folder / "solution")
    if TEST_SCRIPT not in tests:
        raise NotUsable(f"has no tests/{TEST_SCRIPT}")
    if SOLUTION_SCRIPT not in solution:
        raise NotUsable(f"has no solution/{SOLUTION_SCRIPT}, so nothing proves that it can be solved")
    return SourceTask(
        name=folder.name,
        tag="harbor",
        instruction=text_of(folder / "instruction.md"),
        difficulty=difficulty(metadata.get("difficulty")),
        category=name_of(metadata.get("category")),
        tags=names_of(metadata.get("tags") or table(config, "task").get("keywords")),
        environment=files,
        tests=tests,
        test_script=TEST_SCRIPT,
        solution=solution,
        solution_script=SOLUTION_SCRIPT,
        variables={**compose_variables, **variables(table(environment, "env"), "its container")},
        test_variables=variables(table(table(config, "verifier"), "env"), "its verifier"),
        solution_variables=variables(table(table(config, "solution"), "env"), "its solution"),
        agent_seconds=number(table(config, "agent").get("timeout_sec"), 900.0),
        test_seconds=number(table(config, "verifier").get("timeout_sec"), 900.0),
        cpus=number(environment.get("cpus"), 1.0),
        memory_mb=mebibytes(environment.get("memory_mb") or environment.get("memory"), 2048),
        storage_mb=mebibytes(environment.get("storage_mb") or environment.get("storage"), 0),
    )


def text_of(path: Path) -> str:
    """Raises NotUsable if there is none."""
    try:
        text = decode_text(read_bytes(path, _MAX_BYTES))
    except Unreadable as error:
        raise NotUsable(f"{path.name} {error}") from error
    if not text.strip():
        raise NotUsable(f"{path.name} is empty")
    return text


def _config(folder: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text_of(folder / CONFIG))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise NotUsable(f"{CONFIG} is not valid TOML: {error}") from error


def _check_config(config: Mapping[str, Any]) -> None:
    """Raises NotUsable for what Assay's containers do not have."""
    environment, verifier = table(config, "environment"), table(config, "verifier")
    if config.get("steps"):
        raise NotUsable("has several steps, each with an instruction and tests of its own")
    if environment.get("os", "linux") != "linux":
        raise NotUsable("needs another system than Linux")
    if environment.get("gpus"):
        raise NotUsable("needs a GPU")
    if environment.get("mcp_servers"):
        raise NotUsable("needs MCP servers")
    if environment.get("healthcheck"):
        raise NotUsable("needs programs that its image starts; Assay's sandboxes start none")
    if verifier.get("environment_mode", "shared") != "shared" or verifier.get("environment"):
        raise NotUsable("its tests need a container of their own")


def _environment(folder: Path, settings: Mapping[str, Any]) -> tuple[dict[str, bytes], dict[str, str]]:
    """The image's files and the container's variables. The Dockerfile is made from the name of an image if there is
    only that. Raises NotUsable."""
    files = folder_files(folder / "environment")
    found: dict[str, str] = {}
    for name in _COMPOSE:
        if content := files.pop(name, None):
            found |= check_compose(content)
    image = settings.get("docker_image")
    if "Dockerfile" not in files:
        if not isinstance(image, str) or not image:
            raise NotUsable("has neither environment/Dockerfile nor docker_image")
        files["Dockerfile"] = f"FROM {image}\n".encode()
    check_environment(files)
    return files, found
