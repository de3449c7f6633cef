"""Notices that another model answered than the one that was asked for, or that it changed within an attempt."""

from __future__ import annotations

import re

MAX_NAME_CHARACTERS = 200
_BEDROCK_PREFIX = re.compile(r"(?:[a-z-]+\.)?anthropic\.")
"""Region and vendor, as in ``us.anthropic.claude-opus-4-6-v1``."""
_SUFFIX = re.compile(
    r"[-@:](?:(?P<date>\d{4}-\d{2}(?:-\d{2})?|\d{2}-\d{4}|\d{2}-\d{2}|\d{3,4}|\d{6}|\d{8})|(?P<version>v\d+(?::\d+)?)"
    r"|latest)$"
)


class ServedModels:
    """``asked`` is the model's name at its provider."""

    def __init__(self, asked: str) -> None:
        self._asked = asked
        self._served = ""

    def notes(self, served: str) -> tuple[str, ...]:
        """About one answer, whose provider says that ``served`` wrote it; empty if it does not say."""
        before, self._served = self._served, served or self._served
        if not served or served == before:
            return ()
        another = () if is_same_model(self._asked, served) else (f"asked for {self._asked}; {served} answered",)
        if not before or is_same_model(before, served):
            return another
        return (*another, f"the model changed within the attempt: {before} answered, then {served}")


def is_same_model(name: str, other: str) -> bool:
    """Whether two names can mean the same model: they differ at most in letter case, in a path before the name, and in
    a date or version that only one of them has (gpt-4.1 and gpt-4.1-2025-04-14)."""
    path, marks = _parse(name)
    other_path, other_marks = _parse(other)
    shorter, longer = sorted((path, other_path), key=len)
    same_marks = all(marks[kind] == other_marks[kind] for kind in marks.keys() & other_marks.keys())
    return same_marks and longer[-len(shorter) :] == shorter


def _parse(name: str) -> tuple[list[str], dict[str, str]]:
    """The name without its suffixes, split at slashes, and its date and version."""
    *folders, rest = name.strip().lower().split("/")
    rest = _BEDROCK_PREFIX.sub("", rest, count=1) if _BEDROCK_PREFIX.match(rest) else rest
    marks: dict[str, str] = {}
    while found := _SUFFIX.search(rest):
        rest = rest[: found.start()]
        marks |= {kind: re.sub(r"\D", "", value) for kind, value in found.groupdict().items() if value}
    return [*folders, rest], marks
