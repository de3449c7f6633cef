"""Validates samples against checks: ``expected`` must be present and of the shape that each check compares with."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from math import isfinite
from typing import Any

from assay.catalog.tasks.manifest import SampleManifest, TaskManifest
from assay.catalog.tasks.rubrics import sample_mistake
from assay.catalog.yaml.document import Document, FieldPath
from assay.contracts.codec import encode
from assay.contracts.rubric import Rubric
from assay.contracts.tasks import AnyCheck, Choice, Exact, JsonFields, Numeric, Regex
from assay.validation.did_you_mean import closest, shortened
from assay.validation.field_errors import shown

MAX_PATTERN = 10_000


def check_samples(manifest: TaskManifest, document: Document, sources: Sequence[Document]) -> None:
    """``sources`` has the document of each sample: ``task.yaml`` itself, or a line of ``samples.jsonl``."""
    _patterns(manifest, document)
    if manifest.solver.hands_in_files:
        if len(manifest.samples) > 1 or any(sample.expected is not None for sample in manifest.samples):
            document.add_mistake(
                ("samples",), f"solver {manifest.solver.value!r} has one sample, without an expected answer"
            )
        return
    seen: set[str] = set()
    for index, (sample, source) in enumerate(zip(manifest.samples, sources, strict=True)):
        at: FieldPath = ("samples", index) if source is document else ()
        if sample.sample_id in seen:
            source.add_mistake((*at, "sample_id"), f"{sample.sample_id!r} is already the id of an earlier sample")
        seen.add(sample.sample_id)
        for check in manifest.checks:
            _check_sample(check, sample, source, at)


def reference_answer(sample: SampleManifest) -> str:
    """A correct answer: ``reference`` if there is one, otherwise ``expected`` as text, or as JSON if it is not text."""
    if sample.reference is not None:
        return sample.reference
    return sample.expected if isinstance(sample.expected, str) else encode(sample.expected).decode()


def _patterns(manifest: TaskManifest, document: Document) -> None:
    """The judge searches with a time limit, in a process of its own; a pattern is only compiled here."""
    for index, check in enumerate(manifest.checks):
        if isinstance(check, Regex) and (problem := _pattern_mistake(check)):
            document.add_mistake(("checks", index, "pattern"), problem)


def _pattern_mistake(check: Regex) -> str:
    if len(check.pattern) > MAX_PATTERN:
        return f"has {len(check.pattern)} characters, more than {MAX_PATTERN}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(f"(?i){check.pattern}" if check.ignore_case else check.pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"not a regular expression: {error}"
    return ""


def _check_sample(check: AnyCheck, sample: SampleManifest, source: Document, at: FieldPath) -> None:
    expected = sample.expected
    if isinstance(check, Rubric):
        if mistake := sample_mistake(check, sample):
            source.add_mistake((*at, mistake[0]), mistake[1])
        return
    if isinstance(check, Regex):
        if expected is None and sample.reference is None:
            source.add_mistake((*at, "reference"), "is missing; check 'regex' needs an answer that it passes")
        return
    if expected is None:
        source.add_mistake((*at, "expected"), f"is missing; check {check.__struct_config__.tag!r} compares with it")
        return
    if problem := _shape_mistake(check, expected):
        message, match = problem
        source.add_mistake((*at, "expected"), message, match)


def _shape_mistake(check: AnyCheck, expected: Any) -> tuple[str, str | None] | None:
    """What is wrong with the value for this check, with a suggestion; None when it is valid."""
    if isinstance(check, Exact | Choice) and not isinstance(expected, str):
        return f"check {check.__struct_config__.tag!r} compares text, got {shown(expected)}; write it in quotes", None
    if isinstance(check, Choice) and expected not in check.options:
        return f"{shortened(expected)!r} is not among the options", closest(expected, check.options)
    if isinstance(check, Numeric) and not check.fields and not _is_number(expected):
        return f"check 'numeric' compares a finite number, got {shown(expected)}", None
    if isinstance(check, Numeric) and check.fields:
        return _missing_fields(check.fields, expected, numbers=True)
    if isinstance(check, JsonFields):
        return _missing_fields(check.fields, expected, numbers=False)
    return None


def _missing_fields(fields: tuple[str, ...], expected: Any, *, numbers: bool) -> tuple[str, str | None] | None:
    if not isinstance(expected, dict):
        return f"needs the fields {', '.join(fields)}, got {shown(expected)}", None
    for field in fields:
        if field not in expected:
            return f"field {field!r} is missing", closest(field, map(str, expected))
        if numbers and not _is_number(expected[field]):
            return f"field {field!r} is not a finite number, got {shown(expected[field])}", None
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
