"""What all checks have in common."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.contracts.codec import Data

Weight = Annotated[float, Meta(ge=0)]
HiddenPath = Annotated[str, Meta(pattern=r"^(tests(/[^/]+)+)?$", max_length=300)]
"""A file or folder in the task's folder ``tests/``, which only judges have."""
Program = Annotated[tuple[str, ...], Meta(max_length=100)]


class Tier(StrEnum):
    """Checks run tier by tier, in this order, so that what is cheap and certain comes first."""

    DETERMINISTIC = "deterministic"
    REFERENCE = "reference"
    RUBRIC = "rubric"
    REVIEW = "review"


class Reveal(StrEnum):
    """How much of the hidden material a verdict and its artifacts show. Test sources are never shown."""

    NAMES = "names"
    """Names of tests and types of errors."""
    MESSAGES = "messages"
    """Also the tests' assertion messages."""
    ALL = "all"
    """Also expected values, and where the submission differs from them."""


class Tolerance(Data, frozen=True, kw_only=True):
    """A number is correct if it deviates from the expected one by at most ``absolute``, or by at most the fraction
    ``relative`` of it."""

    absolute: Annotated[float, Meta(ge=0)] = 0.0
    relative: Annotated[float, Meta(ge=0)] = 0.0


class Check(Data, frozen=True, kw_only=True, tag_field="kind"):
    """One criterion. The attempt's score is the mean of the checks' scores, weighted by ``weight``."""

    calls_model: ClassVar[bool] = False
    tier: ClassVar[Tier] = Tier.DETERMINISTIC
    name: str = ""
    weight: Weight = 1.0
    gate: bool = False
    """If this check fails, the attempt's score is 0 and the checks after it are not run."""
    required: bool = True
    """The attempt passes only if this check passes. Otherwise the check only contributes to the score."""


class ContentCheck(Check, frozen=True, kw_only=True):
    """A check of one text: the answer, or the submitted ``file`` if the solver submits files."""

    file: Annotated[str, Meta(max_length=300)] = ""


class TextCheck(ContentCheck, frozen=True, kw_only=True):
    """A check that compares text. Both sides are in Unicode NFC and without surrounding white space. Unless
    ``keep_spaces`` is set, no-break spaces equal spaces, zero-width spaces are ignored and CRLF equals LF.
    ``ignore_punctuation`` ignores punctuation at the end."""

    ignore_case: bool = False
    ignore_punctuation: bool = False
    keep_spaces: bool = False


class Threshold(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that reaches ``value`` scores at least ``score``."""

    value: float
    score: Annotated[float, Meta(ge=0, le=1)] = 1.0


Thresholds = Annotated[tuple[Threshold, ...], Meta(min_length=1, max_length=100)]


def kind_of(check: Check) -> str:
    """As in ``task.yaml``."""
    return str(check.__struct_config__.tag)


def name_of(check: Check) -> str:
    """Its name, or its kind if it has none."""
    return check.name or kind_of(check)
