"""Says which parameters a request was sent without."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services.runner.models.protocol import Completion


def with_omissions(completion: Completion, model: str, names: Sequence[str]) -> Completion:
    """With a note about the parameters that the model does not accept; unchanged if there are none."""
    if not names:
        return completion
    note = f"sent without {' and '.join(names)}: {model} does not accept {'it' if len(names) == 1 else 'them'}"
    return msgspec.structs.replace(completion, notes=(*completion.notes, note))
