"""The scripts that run a task's tests, without what they download first: that becomes part of the image.

Recognised are the usual ways to get pytest: packages of the system, pip, and uv. A script that downloads anything else
cannot run in a sandbox without a network, and its task is left out.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assay.catalog.importers.python_code import NotUsable
from assay.files import Files

_MOVED = ":  # in the image"
_PYTEST = "/tests/assay/run_pytest.py"
_VENV = "/opt/assay/venv/bin/python"
_INSTALL = re.compile(
    r"(sudo +)?((DEBIAN_FRONTEND|PIP_[A-Z_]+)=\S+ +)*"
    r"((apt-get|apt)( +-\S+)* +(update|install)\b|apk +(add|update)\b|(\S*python3? +-m +)?pip3? +install\b)"
)
_UV_INSTALLED = re.compile(r"(curl|wget)\b.*astral\.sh/uv.*\| *(env [^|]*)?(sh|bash)\b.*")
_UV_ENVIRONMENT = re.compile(r"(source|\.) +\S*(\.local/bin|\.cargo)/env\S*( .*)?")
_UV_PROJECT = re.compile(r"uv +(init|venv|sync|python +install)\b.*")
_UV_ADD = re.compile(r"uv +(add|pip +install)\b(?P<packages>[^|&;<>]*)(2>.*|>.*|&>.*|\|\| *true)?")
_UV_RUN = re.compile(
    r"\b(?P<uv>uvx|uv +tool +run|uv +run)(?P<options>( +(-p|--python|-w|--with|--from)[ =]\S+| +--?[a-z][a-z-]*)*)"
    r" +(?P<program>pytest|python3?)(?=\s|$)"
)
_VALUES = re.compile(r"(-w|--with|--from)[ =](\S+)")
_MODULE = re.compile(r"\b(python3?(?:\.\d+)?) +-m +pytest\b")
_DOWNLOADS = re.compile(
    r"(?<![\w./-])(uvx?|apt-get|apt|apk|pip3?|curl|wget|npx|git +clone|(npm|yarn|pnpm|go|cargo|gem|conda) +"
    r"(install|i|ci|add|get))\b(?=\s)"
)
_LOCAL = re.compile(r"localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|command +-v|which +|--version|echo +")
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\[\],<>=!~+-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    """What the image needs for the tests: commands of its build, and Python packages of an environment of their own."""

    commands: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()


def prepared_tests(tests: Files) -> tuple[dict[str, bytes], Setup]:
    """Raises NotUsable."""
    found, commands, requirements = dict(tests), list[str](), list[str]()
    for path, content in tests.items():
        if path.endswith(".sh"):
            script = _Script(content.decode("utf-8", "replace").replace("\r\n", "\n"))
            found[path] = script.text.encode()
            commands += script.commands
            requirements += script.requirements
    setup = Setup(commands=tuple(dict.fromkeys(commands)), requirements=tuple(dict.fromkeys(requirements)))
    return found, setup


def downloads(script: str) -> str:
    """The first command of a shell script that needs a network and must succeed; empty if there is none."""
    for _, line in _statements(script):
        if line.lstrip().startswith(("#", _MOVED)):
            continue
        if _DOWNLOADS.search(line) and not _LOCAL.search(line) and "||" not in line:
            return line.strip()[:80]
    return ""


class _Script:
    """``text`` without what is in ``commands`` and ``requirements`` instead."""

    def __init__(self, source: str) -> None:
        self.commands: list[str] = []
        self.requirements: list[str] = []
        steps: tuple[Callable[[str], str], ...] = (self._without_setup, self._without_uv, _without_module)
        lines: list[str] = []
        for original, statement in _statements(source):
            line = statement
            for step in steps:
                line = step(line)
            lines.append(original if line == statement else line)
        self.text = "\n".join(lines)
        if left := downloads(self.text):
            raise NotUsable(f"its tests download something: {left}")
        if bad := [each for each in self.requirements if not _REQUIREMENT.fullmatch(each)]:
            raise NotUsable(f"its tests need the package {bad[0]}, which pip cannot get by that name")

    def _without_setup(self, line: str) -> str:
        command = line.strip()
        if _INSTALL.match(command) and all(map(_INSTALL.match, _parts(command))):
            self.commands.append(command.replace("sudo ", ""))
        elif added := _UV_ADD.fullmatch(command):
            self.requirements += [each for each in _words(added["packages"]) if not each.startswith("-")]
        elif not any(each.fullmatch(command) for each in (_UV_INSTALLED, _UV_ENVIRONMENT, _UV_PROJECT)):
            return line
        return f"{line[: len(line) - len(line.lstrip())]}{_MOVED}: {command}"

    def _without_uv(self, line: str) -> str:
        if line.lstrip().startswith(("#", _MOVED)):
            return line
        return _UV_RUN.sub(self._run, line)

    def _run(self, match: re.Match[str]) -> str:
        named = [each[1] for each in _VALUES.findall(match["options"])]
        self.requirements += [word for each in named for word in _words(each)]
        if match["program"] == "pytest":
            if not any(each.startswith("pytest") for each in self.requirements):
                self.requirements.append("pytest")
            return f"{_VENV} {_PYTEST}"
        return _VENV


def _without_module(line: str) -> str:
    return _MODULE.sub(rf"\1 {_PYTEST}", line)


def _statements(source: str) -> Iterator[tuple[str, str]]:
    """As they are, and as one line each: what ends with a backslash is joined with the next. Comments and lines of
    here-documents are statements too."""
    end, waiting, originals = "", "", list[str]()
    for line in source.split("\n"):
        if end:
            end = "" if line.strip() == end else end
            yield line, line
            continue
        originals.append(line)
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            waiting += re.sub(r"[ \t]*\\$", " ", line)
        else:
            whole, waiting = waiting + (line.lstrip() if waiting else line), ""
            document = re.search(r"<<-?\s*(['\"]?)(\w+)\1", whole)
            end = document[2] if document and "<<<" not in whole else ""
            yield "\n".join(originals), whole
            originals.clear()
    if waiting:
        yield "\n".join(originals), waiting


def _parts(command: str) -> list[str]:
    """The commands of a list, without what follows a pipe or an alternative."""
    return [part.strip() for part in re.split(r"&&|;", re.sub(r"\|.*", "", command)) if part.strip()]


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return [text]
