"""Tasks, suites, models and prices, loaded from a folder, validated, and pinned by digest.

Start with ``Catalog.open(folder)``; ``make_bundles(task)`` packs a task for the workers. docs/tasks.md describes the
folder.
"""

from assay.catalog.catalog import Catalog
from assay.catalog.errors import (
    CatalogError,
    InvalidCatalog,
    InvalidSelection,
    Mistake,
    UnknownModel,
    UnknownName,
    UnknownProvider,
    UnknownSuite,
    UnknownTask,
    UnpricedModel,
)
from assay.catalog.models import Registry
from assay.catalog.scripts import Script, ScriptTurn
from assay.catalog.selection.selection import SelectedTask, Selection
from assay.catalog.tasks.bundles import Bundles, make_bundles
from assay.catalog.tasks.task import Task, load_task

__all__ = [
    "Bundles",
    "Catalog",
    "CatalogError",
    "InvalidCatalog",
    "InvalidSelection",
    "Mistake",
    "Registry",
    "Script",
    "ScriptTurn",
    "SelectedTask",
    "Selection",
    "Task",
    "UnknownModel",
    "UnknownName",
    "UnknownProvider",
    "UnknownSuite",
    "UnknownTask",
    "UnpricedModel",
    "load_task",
    "make_bundles",
]
