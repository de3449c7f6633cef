"""How the columns of a question set become a task."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from assay.catalog.importers.plan import TaskOptions


class QuestionCheck(StrEnum):
    """The kind of check that grades the answers."""

    EXACT = "exact"
    CHOICE = "choice"
    CLASSIFICATION = "classification"
    NUMERIC = "numeric"
    REGRESSION = "regression"
    JSON_FIELDS = "json_fields"
    TELEMETRY = "telemetry"
    """Mean, minimum and maximum of a series of numbers in the input column."""
    REGEX = "regex"


class AnswersAre(StrEnum):
    """How the expected column names one of the options."""

    LETTER = "letter"
    TEXT = "text"
    INDEX0 = "index0"
    INDEX1 = "index1"


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionOptions(TaskOptions):
    """Columns by name, or parts of one as ``answers.text.0``. What is empty is guessed if ``guess`` is set and only one
    column fits; otherwise it is a ColumnNeeded. ``columns`` names those of a CSV file without a header. ``config``,
    ``split`` and ``revision`` are those of a dataset on the hub."""

    task: str = ""
    title: str = ""
    language: str = ""
    instructions: str = ""
    input: str = ""
    template: str = ""
    expected: str = ""
    expected_pattern: str = ""
    id: str = ""
    check: QuestionCheck | None = None
    options: tuple[str, ...] = ()
    options_columns: tuple[str, ...] = ()
    answers: AnswersAre | None = None
    fields: tuple[str, ...] = ()
    pattern: str = ""
    tolerance: float = 0.0
    ignore_case: bool = False
    columns: tuple[str, ...] = ()
    delimiter: str = ""
    config: str = ""
    split: str = "test"
    revision: str = ""
    token: str = field(default="", repr=False)
    guess: bool = True
