"""``--install-deps``: gives a task an image with its requirements installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import msgspec

from assay.catalog.tasks.task import Task

REQUIREMENTS = "requirements.txt"
MAX_REQUIREMENTS_BYTES = 20_000
_MAX_QUOTED = 80
_VERSION = r"(===?|~=|!=|[<>]=?)\s*[A-Za-z0-9][A-Za-z0-9.!+*_-]*"
_NAME = r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?"
_REQUIREMENT = re.compile(rf"{_NAME}(\[{_NAME}(\s*,\s*{_NAME})*\])?\s*({_VERSION}(\s*,\s*{_VERSION})*)?")
_COMMENT = re.compile(r"(^|\s)#.*$")
_ARCHIVES = (".whl", ".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz")
_DOCKERFILE = b"""\
FROM assay/sandbox-python:latest AS installing
RUN apt-get update \\
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends python3-pip \\
    && rm -rf /var/lib/apt/lists/*
COPY requirements.txt /requirements.txt
RUN python3 -m pip install --break-system-packages --ignore-installed --no-cache-dir --only-binary=:all: \\
    --requirement /requirements.txt

FROM assay/sandbox-python:latest
COPY --from=installing /usr/local /usr/local
"""
"""``--ignore-installed``: packages that come with pip are missing in the second stage. ``--only-binary``: building a
package would run its code as root, with network access."""


def requirements_of(task: Task) -> tuple[tuple[int, str], ...]:
    """The requirements in the task's workspace, with line numbers. Empty for a task with its own image."""
    manifest = task.manifest
    if manifest.sandbox.image or manifest.sandbox.build:
        return ()
    lines = _content(task).decode("utf-8", "replace").splitlines()
    listed = ((number, _COMMENT.sub("", line).strip()) for number, line in enumerate(lines, 1))
    return tuple((number, line) for number, line in listed if line)


def with_requirements_installed(task: Task) -> Task:
    """Returns the task unchanged when it has no requirements; they must have passed ``requirement_mistakes``.

    Comments are stripped: pip reads an encoding from them, and they would change the image's digest."""
    listed = requirements_of(task)
    if not listed:
        return task
    build = {"Dockerfile": _DOCKERFILE, REQUIREMENTS: "".join(f"{line}\n" for _, line in listed).encode()}
    sandbox = msgspec.structs.replace(task.manifest.sandbox, build=build)
    return replace(task, manifest=msgspec.structs.replace(task.manifest, sandbox=sandbox))


def requirement_mistakes(task: Task) -> Iterator[str]:
    """Why the requirements cannot be installed, by line."""
    listed, size, where = requirements_of(task), len(_content(task)), f"task {task.task_id!r}, workspace/{REQUIREMENTS}"
    if listed and size > MAX_REQUIREMENTS_BYTES:
        yield f"{where} has {size} bytes, more than {MAX_REQUIREMENTS_BYTES}"
        return
    for number, line in listed:
        if not _REQUIREMENT.fullmatch(line) or line.lower().endswith(_ARCHIVES):
            yield (
                f"{where}, line {number}: {line[:_MAX_QUOTED]!r} is not a plain requirement like name==1.2; options, "
                "URLs and paths are not allowed"
            )


def _content(task: Task) -> bytes:
    return task.files.get(f"workspace/{REQUIREMENTS}", b"")
