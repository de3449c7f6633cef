"""Which parameters a request may set, and which it was sent without."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import msgspec

from assay.contracts.models import Parameters
from services.runner.errors import CallMisconfigured
from services.runner.models.protocol import Completion

NO_SEED = "remove seed; repeats show how much the answers vary"


@dataclass(frozen=True, kw_only=True)
class ParameterMistake:
    """``reason`` names the parameter, ``remedy`` the closest alternative."""

    reason: str
    remedy: str


def check_extra(parameters: Parameters, reserved: AbstractSet[str]) -> None:
    """Raises CallMisconfigured if ``extra`` sets a field that is ``reserved`` to the runner."""
    if taken := sorted(reserved & parameters.extra.keys()):
        raise CallMisconfigured(f"parameters.extra sets {', '.join(taken)}, which only the runner may set; remove it")


def with_omissions(completion: Completion, model: str, names: Sequence[str]) -> Completion:
    """With a note about the parameters that the model does not accept; unchanged if there are none."""
    if not names:
        return completion
    note = f"sent without {' and '.join(names)}: {model} does not accept {'it' if len(names) == 1 else 'them'}"
    return msgspec.structs.replace(completion, notes=(*completion.notes, note))
