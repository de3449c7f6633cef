"""Validates samples against checks: ``expected`` must be present and of the shape that each check compares with."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any, cast

from assay.catalog.tasks.checks import needs_expected
from assay.catalog.tasks.manifest import SampleManifest, TaskManifest
from assay.catalog.yaml.document import Document, FieldPath
from assay.contracts.checks import (
    AnyCheck,
    Choice,
    Classification,
    Exact,
    Intervals,
    JsonFields,
    Numeric,
    ReferenceOutput,
    Regression,
    Rubric,
    Telemetry,
    kind_of,
)
from assay.contracts.codec import encode
from assay.validation.did_you_mean import closest, shortened
from assay.validation.field_errors import shown


def check_samples(manifest: TaskManifest, document: Document, sources: Sequence[Document]) -> None:
    """``sources`` has the document of each sample: ``task.yaml`` itself, or a line of ``samples.jsonl``."""
    if manifest.solver.hands_in_files and len(manifest.samples) > 1:
        document.add_mistake(("samples",), f"solver {manifest.solver.value!r} has only one sample")
        return
    if manifest.solver.hands_in_files and not any(map(needs_expected, manifest.checks)):
        if any(sample.expected is not None for sample in manifest.samples):
            document.add_mistake(("samples", 0, "expected"), "is used by none of the checks")
        return
    seen: set[str] = set()
    for index, (sample, source) in enumerate(zip(manifest.samples, sources, strict=True)):
        at: FieldPath = ("samples", index) if source is document else ()
        if sample.sample_id in seen:
            source.add_mistake((*at, "sample_id"), f"{sample.sample_id!r} is already the id of an earlier sample")
        seen.add(sample.sample_id)
        for check in manifest.checks:
            _check_sample(check, sample, source, at, is_answer=not manifest.solver.hands_in_files)


def reference_answer(sample: SampleManifest) -> str:
    """A correct answer: ``reference`` if there is one, otherwise ``expected`` as text, or as JSON if it is not text."""
    if sample.reference is not None:
        return sample.reference
    return sample.expected if isinstance(sample.expected, str) else encode(sample.expected).decode()


def _check_sample(check: AnyCheck, sample: SampleManifest, source: Document, at: FieldPath, *, is_answer: bool) -> None:
    expected = sample.expected
    if not needs_expected(check):
        if expected is None and sample.reference is None and is_answer:
            message = f"is missing; check {kind_of(check)!r} needs an answer that it passes"
            source.add_mistake((*at, "reference"), message)
        return
    if expected is None:
        source.add_mistake((*at, "expected"), f"is missing; check {kind_of(check)!r} compares with it")
        return
    if problem := _shape_mistake(check, expected):
        message, match = problem
        source.add_mistake((*at, "expected"), message, match)


def _shape_mistake(check: AnyCheck, expected: Any) -> tuple[str, str | None] | None:
    """What is wrong with the value for this check, with a suggestion; None when it is valid."""
    if isinstance(check, Exact | Choice | Classification | ReferenceOutput | Rubric) and not isinstance(expected, str):
        return f"check {kind_of(check)!r} compares text, got {shown(expected)}; write it in quotes", None
    if isinstance(check, Choice) and expected not in check.options:
        return f"{shortened(expected)!r} is not among the options", closest(expected, check.options)
    if isinstance(check, Classification) and expected not in check.classes:
        return f"{shortened(expected)!r} is not among the classes", closest(expected, check.classes)
    if _compares_number(check) and not _is_number(expected):
        return f"check {kind_of(check)!r} compares a finite number, got {shown(expected)}", None
    if isinstance(check, Numeric | Telemetry) and check.fields:
        return _missing_fields(check.fields, expected, numbers=True)
    if isinstance(check, JsonFields):
        return _missing_fields(check.fields, expected, numbers=False)
    if isinstance(check, Intervals):
        missing = _missing_fields((check.field,), expected, numbers=False)
        return missing or _interval_mistake(check, cast("dict[str, Any]", expected)[check.field])
    return None


def _compares_number(check: AnyCheck) -> bool:
    return isinstance(check, Regression) or (isinstance(check, Numeric) and not check.fields)


def _missing_fields(fields: tuple[str, ...], expected: Any, *, numbers: bool) -> tuple[str, str | None] | None:
    if not isinstance(expected, dict):
        return f"needs the fields {', '.join(fields)}, got {shown(expected)}", None
    for field in fields:
        if field not in expected:
            return f"field {field!r} is missing", closest(field, map(str, expected))
        if numbers and not _is_number(expected[field]):
            return f"field {field!r} is not a finite number, got {shown(expected[field])}", None
    return None


def _interval_mistake(check: Intervals, listed: Any) -> tuple[str, str | None] | None:
    if not isinstance(listed, list | tuple):
        return f"field {check.field!r} is no list of intervals, got {shown(listed)}", None
    for value in listed:
        if not _is_interval(value, check.label):
            form = f"an object with {check.label!r}, 'start' and 'end'" if check.label else "[start, end]"
            return f"field {check.field!r} needs intervals such as {form}, got {shown(value)}", None
    return None


def _is_interval(value: Any, label: str) -> bool:
    if isinstance(value, dict):
        bounds: list[Any] = [value.get("start"), value.get("end")]
        named = not label or (isinstance(value.get(label), str) and bool(value[label].strip()))
    else:
        bounds, named = list(value) if isinstance(value, list | tuple) else [], not label
    return named and len(bounds) == 2 and all(map(_is_number, bounds)) and bounds[0] <= bounds[1]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
