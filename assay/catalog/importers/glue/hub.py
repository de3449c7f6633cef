"""GLUE's sets as the Hugging Face hub has them: a configuration for each, such as ``nyu-mll/glue`` with ``cola``."""

from __future__ import annotations

from assay.catalog.importers.glue.sets import GlueSet
from assay.catalog.importers.hub_file import read_table
from assay.catalog.importers.question_options import QuestionOptions
from assay.catalog.importers.table import Table


def read_set(name: str, glue: GlueSet) -> Table:
    """The split with labels. Raises ImportFailed."""
    return read_table(name, QuestionOptions(config=glue.configuration, split=glue.split))
