"""The lines of lm-eval's ``samples_<task>_<date>.jsonl``: one per sample and filter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from assay.catalog.importers.plan import LeftOut
from assay.catalog.importers.results import json_file
from assay.catalog.importers.results.json_file import NotJson
from assay.catalog.importers.results.score_scale import number_of
from assay.catalog.importers.source_file import read_content

_FIELDS = (
    *("doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics"),
    *("doc_hash", "prompt_hash", "target_hash"),
)
_QUESTIONS = ("question", "query", "problem", "prompt", "input", "text", "goal", "ctx", "sentence", "premise")
"""Fields of a document that usually contain what is asked."""


@dataclass(frozen=True, slots=True)
class SampleLine:
    place: str
    values: Mapping[str, Any]

    @property
    def doc_id(self) -> str:
        return str(self.values.get("doc_id"))

    @property
    def filter(self) -> str:
        return str(self.values.get("filter") or "none")

    @property
    def metrics(self) -> Sequence[str]:
        """Their names, in the task's order; in old files they are all fields that are not lm-eval's own."""
        listed = self.values.get("metrics")
        if isinstance(listed, list):
            return [str(name) for name in cast("list[Any]", listed) if str(name) in self.values]
        return [name for name in self.values if name not in _FIELDS]

    @property
    def requests(self) -> list[list[Any]]:
        """The arguments of each request: the prompt, then a continuation or settings."""
        found = self.values.get("arguments")
        if isinstance(found, dict):
            named = cast("dict[str, Any]", found)
            return [_items(named[key]) for key in sorted(named, key=_number)]
        return [_items(each) for each in cast("list[Any]", found)] if isinstance(found, list) else []

    @property
    def responses(self) -> list[list[Any]]:
        """Of each request: one per repetition."""
        found = self.values.get("resps")
        return [_items(each) for each in cast("list[Any]", found)] if isinstance(found, list) else []

    @property
    def filtered(self) -> list[Any]:
        found = self.values.get("filtered_resps")
        return cast("list[Any]", found) if isinstance(found, list) else []

    def question(self) -> str:
        """What the document asks; empty if no field of it says so."""
        doc = self.values.get("doc")
        if not isinstance(doc, dict):
            return doc if isinstance(doc, str) else ""
        fields = cast("dict[str, Any]", doc)
        return next((fields[name] for name in _QUESTIONS if fields.get(name) and isinstance(fields[name], str)), "")


@dataclass(frozen=True, slots=True)
class Likelihood:
    """``greedy``: the model would have written the continuation by itself."""

    value: float
    greedy: bool


def likelihood(response: Any) -> Likelihood | None:
    """Of a continuation; None for text. Files have both parts as text."""
    if not isinstance(response, list) or len(cast("list[Any]", response)) != 2:
        return None
    value, greedy = cast("list[Any]", response)
    number = number_of(value)
    if number is None or str(greedy) not in ("True", "False"):
        return None
    return Likelihood(number, str(greedy) == "True")


def read_samples(path: Path) -> tuple[list[SampleLine], list[LeftOut]]:
    """Raises ImportFailed if the file cannot be read at all."""
    lines: list[SampleLine] = []
    left_out: list[LeftOut] = []
    for place, value in _values(read_content(path)):
        where = f"{path.name}, {place}"
        if value is _DAMAGED:
            left_out.append(LeftOut(what=where, why="is not valid JSON"))
        elif not isinstance(value, dict) or "doc_id" not in value or "resps" not in value:
            left_out.append(LeftOut(what=where, why="is not a sample of lm-eval"))
        else:
            lines.append(SampleLine(where, cast("dict[str, Any]", value)))
    return lines, left_out


_DAMAGED = object()


def _values(content: bytes) -> Iterator[tuple[str, Any]]:
    """Of JSON Lines, or of an array, as lm-eval 0.4.3 wrote it."""
    if content.lstrip().startswith(b"["):
        try:
            array = json_file.decode(list[Any], content)
        except NotJson:
            yield "as a whole", _DAMAGED
            return
        yield from ((f"item {number}", value) for number, value in enumerate(array, 1))
        return
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.strip():
            try:
                yield f"line {number}", json_file.decode(Any, line)
            except NotJson:
                yield f"line {number}", _DAMAGED


def _items(found: Any) -> list[Any]:
    """Of a list, or of an object with numbered keys such as ``arg_0``."""
    if isinstance(found, dict):
        named = cast("dict[str, Any]", found)
        return [named[key] for key in sorted(named, key=_number)]
    return cast("list[Any]", found) if isinstance(found, list) else [found]


def _number(key: str) -> int:
    ending = key.rpartition("_")[2]
    return int(ending) if ending.isdecimal() else 0
