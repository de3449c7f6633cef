"""Stored responses that a run brings along: answered by nobody, judged like any other's."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from assay.contracts.codec import Data

REPLAY = "replay"
"""The provider of models that are stored responses: ``replay/<name>``, a name of the run's own choosing."""
DEFAULT = "default"
"""The key of the response to samples that have none of their own."""

Text = Annotated[str, Meta(max_length=1_000_000)]


class Responses(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``responses`` maps a task's id to one response, or to responses by sample id, where ``default`` answers the
    rest; ``default`` of the whole answers any other task."""

    default: Text | None = None
    responses: dict[str, Text | dict[str, Text]] = field(default_factory=dict[str, "str | dict[str, str]"])

    def response(self, task_id: str, sample_id: str) -> str | None:
        """What is answered to that sample; None when nothing is stored for it."""
        found = self.responses.get(task_id)
        if isinstance(found, dict):
            found = found.get(sample_id, found.get(DEFAULT))
        return self.default if found is None else found
