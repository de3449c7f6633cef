"""Checks of one text: an answer, or a submitted file."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta

from assay.contracts.checks.check import ContentCheck, TextCheck, Tolerance, Weight
from assay.contracts.codec import Data


class NumberUnit(StrEnum):
    """What kind of number a task asks for."""

    NUMBER = "number"
    """Units and percent signs after a number are ignored: ``50 %`` is 50."""
    PERCENT = "percent"
    """A number of percent: ``50 %``, ``50`` and ``1/2`` are 50."""
    FRACTION = "fraction"
    """A percentage is divided by 100: ``50 %`` is 0.5."""
    MONEY = "money"
    """Parentheses are a minus sign, and ``5k`` and ``5M`` are multiples."""


Locale = Annotated[str, Meta(pattern=r"^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")]


class Exact(TextCheck, frozen=True, kw_only=True, tag="exact"):
    """The text equals the sample's ``expected`` string."""


class Regex(TextCheck, frozen=True, kw_only=True, tag="regex"):
    """``pattern`` matches somewhere in the text. The search has a time limit; prefer patterns that RE2 supports."""

    pattern: str


class Choice(ContentCheck, frozen=True, kw_only=True, tag="choice"):
    """The text chooses exactly one of ``options``, and it is the sample's ``expected``."""

    options: Annotated[tuple[str, ...], Meta(min_length=2)]


class Numeric(ContentCheck, frozen=True, kw_only=True, tag="numeric"):
    """Numbers are within a tolerance. With ``fields``, the text is JSON with these fields and ``expected`` maps each
    to a number; the metrics are ``<field>_abs_err`` and ``ok`` (1 if all fields could be read). Without ``fields``, the
    number that the text states counts, or else its last one. ``locale`` decides what 1.234 means."""

    fields: tuple[str, ...] = ()
    tolerance: Tolerance = Tolerance()
    unit: NumberUnit = NumberUnit.NUMBER
    locale: Locale = "en"


class Telemetry(ContentCheck, frozen=True, kw_only=True, tag="telemetry"):
    """``numeric`` with ``fields``, plus the metric ``performance``: the mean of the fields' absolute errors (lower is
    better). It is missing, and ``ok`` is 0, if a field cannot be read."""

    fields: Annotated[tuple[str, ...], Meta(min_length=1)] = ("mean", "min", "max")
    tolerance: Tolerance = Tolerance()


class Intervals(ContentCheck, frozen=True, kw_only=True, tag="intervals"):
    """The intervals in the list ``field`` of a JSON object agree with those of ``expected``. An interval is ``[start,
    end]``, or an object with ``start``, ``end`` and, if ``label`` is set, that field, which must be equal. Two
    intervals match if their overlap, divided by what they cover together, is at least ``min_overlap``; ``unit`` is the
    length of an interval whose start and end are equal, so for indices it is 1. The score is F1, the metrics are
    ``f1``, ``precision``, ``recall``, and ``overlap``, the mean overlap of the matches."""

    field: Annotated[str, Meta(min_length=1, max_length=300)]
    label: Annotated[str, Meta(max_length=300)] = ""
    min_overlap: Annotated[float, Meta(gt=0, le=1)] = 0.5
    unit: Annotated[float, Meta(ge=0)] = 1.0
    enough: Annotated[int, Meta(ge=1, le=1000)] | None = None
    """So many matches have a recall of 1, even if more intervals are expected."""
    pass_score: Annotated[float, Meta(gt=0, le=1)] = 1.0


class JsonFields(TextCheck, frozen=True, kw_only=True, tag="json_fields"):
    """The text is JSON whose ``fields`` equal those of the sample's ``expected``. The score is the fraction that
    match."""

    fields: Annotated[tuple[str, ...], Meta(min_length=1)]


class RuleKind(StrEnum):
    """What a rule demands of a value. ``value`` is what it is compared with."""

    PRESENT = "present"
    ABSENT = "absent"
    EQUALS = "equals"
    ONE_OF = "one_of"
    CONTAINS = "contains"
    LACKS = "lacks"
    MATCHES = "matches"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MIN_LENGTH = "min_length"
    MAX_LENGTH = "max_length"
    MIN_WORDS = "min_words"
    MAX_WORDS = "max_words"


class Rule(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``field`` is the path of a JSON value in the text, such as ``candidate.skills.0``; empty means the text itself.
    Lengths are those of a string in characters, or of a list or object in entries."""

    field: Annotated[str, Meta(max_length=300)] = ""
    rule: RuleKind
    value: Any = None
    weight: Weight = 1.0
    message: Annotated[str, Meta(max_length=300)] = ""
    """Shown if the rule is broken. Empty: a description of the rule, without ``value`` unless the task reveals it."""


class Rules(TextCheck, frozen=True, kw_only=True, tag="rules"):
    """Every rule holds. The score is the weighted fraction of rules that hold."""

    rules: Annotated[tuple[Rule, ...], Meta(min_length=1, max_length=200)]
