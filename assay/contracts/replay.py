"""Stored responses submitted with a run: graded like a model's answers, without calling a model."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta, field

from assay.contracts.codec import Data

REPLAY = "replay"
"""The provider of models that replay stored responses: ``replay/<name>``, where the run chooses the name, or
``replay/<run id>``, which replays those of an earlier run."""
DEFAULT = "default"
"""The key of the response to samples without one of their own."""

MAX_CHARACTERS = 1_000_000
"""Of a response."""

Text = Annotated[str, Meta(max_length=MAX_CHARACTERS)]
_OF_A_RUN = re.compile(rf"{REPLAY}/(?P<run_id>[0-9a-hjkmnp-tv-z]{{26}})(?::(?P<model>.+))?")


def replayed_run(model: str) -> tuple[str, str] | None:
    """The id of the run that ``replay/<run id>`` or ``replay/<run id>:<model>`` replays, and the model of that run
    (empty if none is named); None for all other models."""
    found = _OF_A_RUN.fullmatch(model)
    return (found["run_id"], found["model"] or "") if found else None


class Responses(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``responses`` maps task ids to one response, or to responses by sample id with the key ``default`` for all other
    samples. The field ``default`` is the response to all other tasks."""

    default: Text | None = None
    responses: dict[str, Text | dict[str, Text]] = field(default_factory=dict[str, "str | dict[str, str]"])

    def response(self, task_id: str, sample_id: str) -> str | None:
        """The response to a sample; None if none is stored."""
        found = self.responses.get(task_id)
        if isinstance(found, dict):
            found = found.get(sample_id, found.get(DEFAULT))
        return self.default if found is None else found
