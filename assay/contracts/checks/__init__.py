"""Checks: the criteria by which the judge grades an attempt. docs/tasks.md describes them for authors of tasks."""

from __future__ import annotations

from assay.contracts.checks.check import (
    Check,
    ContentCheck,
    HiddenPath,
    Program,
    Reveal,
    TextCheck,
    Threshold,
    Thresholds,
    Tier,
    Tolerance,
    Weight,
    kind_of,
    name_of,
)
from assay.contracts.checks.data import (
    Classification,
    ClassificationMetric,
    OutputFormat,
    ReferenceOutput,
    Regression,
    RegressionMetric,
)
from assay.contracts.checks.files import CommandCheck, FilePresent, Metric, PlantCheck, Sql, SqlQuery, Tests
from assay.contracts.checks.review import Review, ReviewCriterion
from assay.contracts.checks.rubric import Criterion, Level, Rubric
from assay.contracts.checks.text import (
    Choice,
    Exact,
    Intervals,
    JsonFields,
    Locale,
    NumberUnit,
    Numeric,
    Regex,
    Rule,
    RuleKind,
    Rules,
    Telemetry,
)

AnyCheck = (
    Exact
    | Regex
    | Choice
    | Numeric
    | Telemetry
    | JsonFields
    | Intervals
    | Rules
    | FilePresent
    | CommandCheck
    | Metric
    | PlantCheck
    | Sql
    | ReferenceOutput
    | Classification
    | Regression
    | Tests
    | Rubric
    | Review
)


__all__ = [
    "AnyCheck",
    "Check",
    "Choice",
    "Classification",
    "ClassificationMetric",
    "CommandCheck",
    "ContentCheck",
    "Criterion",
    "Exact",
    "FilePresent",
    "HiddenPath",
    "Intervals",
    "JsonFields",
    "Level",
    "Locale",
    "Metric",
    "NumberUnit",
    "Numeric",
    "OutputFormat",
    "PlantCheck",
    "Program",
    "ReferenceOutput",
    "Regex",
    "Regression",
    "RegressionMetric",
    "Reveal",
    "Review",
    "ReviewCriterion",
    "Rubric",
    "Rule",
    "RuleKind",
    "Rules",
    "Sql",
    "SqlQuery",
    "Telemetry",
    "Tests",
    "TextCheck",
    "Threshold",
    "Thresholds",
    "Tier",
    "Tolerance",
    "Weight",
    "kind_of",
    "name_of",
]
