"""The task's Dockerfile, with steps after its own that fit the image to Assay's sandboxes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files

from assay.catalog.importers.harbor.verifier import Setup
from assay.catalog.importers.python_code import NotUsable
from assay.files import Files

SETUP = "assay_setup.sh"
_ONLY_BUILDKIT = re.compile(r"--(mount|link|chmod|parents|network|security)\b")
_HERE_DOCUMENT = {"RUN": r"^\s*<<-?\s*['\"]?\w", "COPY": r"<<-?['\"]?\w", "ADD": r"<<-?['\"]?\w"}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def prepared_image(environment: Files, setup: Setup, variables: Mapping[str, str]) -> dict[str, bytes]:
    """Raises NotUsable."""
    dockerfile = environment["Dockerfile"].decode("utf-8", "replace").replace("\r\n", "\n")
    _check_dockerfile(dockerfile)
    if SETUP in environment:
        raise NotUsable(f"its image already has a file {SETUP}")
    steps = "\n".join(_steps(setup, variables))
    found = {
        **environment,
        "Dockerfile": f"{dockerfile.rstrip()}\n\n{steps}\n".encode(),
        SETUP: program("setup.sh"),
    }
    if ".dockerignore" in found:
        found[".dockerignore"] = found[".dockerignore"].rstrip() + f"\n!{SETUP}\n".encode()
    return found


def program(name: str) -> bytes:
    """One of ours that runs in a sandbox."""
    return files("assay.catalog.importers.harbor.programs").joinpath(name).read_bytes()


def working_folder(environment: Files) -> str:
    """As the Dockerfile states it; empty if it does not, or depends on variables or on its base image."""
    lines = [line.split() for line in logical_lines(environment["Dockerfile"].decode("utf-8", "replace"))]
    named = [words[1].strip("\"'") for words in lines if len(words) == 2 and words[0].upper() == "WORKDIR"]
    return named[-1].rstrip("/") if named and re.fullmatch(r"(/[\w.-]+)+/?", named[-1]) else ""


def logical_lines(text: str) -> Iterator[str]:
    """Without comments; a backslash at the end joins a line with the next."""
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if not line.lstrip().startswith("#")]
    yield from re.sub(r"\\[ \t]*\n", " ", "\n".join(lines)).split("\n")


def _check_dockerfile(text: str) -> None:
    """Raises NotUsable for what Docker builds only by BuildKit, which Assay does not use."""
    for line in logical_lines(text):
        keyword, _, rest = line.strip().partition(" ")
        if keyword.upper() not in ("RUN", "COPY", "ADD"):
            continue
        options = re.match(r"\s*(--\S+\s+)*", rest)
        if _ONLY_BUILDKIT.search(options[0] if options else "") or re.search(_HERE_DOCUMENT[keyword.upper()], rest):
            raise NotUsable(f"its Dockerfile needs BuildKit: {line.strip()[:60]}")


def _steps(setup: Setup, variables: Mapping[str, str]) -> Iterator[str]:
    yield "# Added by `assay import harbor`: what the tests need, because sandboxes have no network; then the working"
    yield f"# folder becomes the sandbox's workspace ({SETUP} says how)."
    yield "USER root"
    for name, value in variables.items():
        if not _VARIABLE.fullmatch(name) or not value.isprintable():
            raise NotUsable(f"its container needs the variable {name!r}, which a Dockerfile cannot set")
        quoted = re.sub(r'([\\"$])', r"\\\1", value)
        yield f'ENV {name}="{quoted}"'
    for command in setup.commands:
        yield f"RUN {command}"
    yield f"COPY {SETUP} /opt/assay/setup.sh"
    yield f"RUN {json.dumps(['/bin/sh', '/opt/assay/setup.sh', *setup.requirements])}"
