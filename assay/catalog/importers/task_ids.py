"""Valid and unique ids."""

from __future__ import annotations

import re
import unicodedata

from assay.catalog.formats import MAX_SAMPLE_ID

MAX_TASK_ID = 64
_NOT_IN_TASK_ID = re.compile(r"[^a-z0-9]+")
_NOT_IN_SAMPLE_ID = re.compile(r"[^A-Za-z0-9_.:/-]+")


def task_id(*parts: str) -> str:
    """The parts as one id: ``task_id("humaneval", "HumanEval/7")`` is ``humaneval_humaneval_7``. Empty if nothing of
    them can be part of an id."""
    text = unicodedata.normalize("NFKD", "_".join(filter(None, parts))).encode("ascii", "ignore").decode().lower()
    return _NOT_IN_TASK_ID.sub("_", text).strip("_")[:MAX_TASK_ID].strip("_")


def sample_id(text: str) -> str:
    """Empty if nothing of the text can be part of an id."""
    return _NOT_IN_SAMPLE_ID.sub("_", text.strip()).lstrip(".:/")[:MAX_SAMPLE_ID]


class UsedIds:
    """Ids by what they were given to."""

    def __init__(self) -> None:
        self._sources: dict[str, str] = {}

    def taken_by(self, name: str, source: str) -> str:
        """The source that already has the id; empty if it was free, and now belongs to ``source``."""
        return self._sources.setdefault(name, source) if name in self._sources else self._take(name, source)

    def _take(self, name: str, source: str) -> str:
        self._sources[name] = source
        return ""
