"""Stored responses submitted with a run: graded like a model's answers, without calling a model."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from assay.contracts.codec import Data

REPLAY = "replay"
"""The provider of models that replay stored responses: ``replay/<name>``, where the run chooses the name."""
DEFAULT = "default"
"""The key of the response to samples without one of their own."""

Text = Annotated[str, Meta(max_length=1_000_000)]


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
