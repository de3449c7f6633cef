"""Labels of a sandbox's pod: that it is one, and for whom it was made."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping

from structlog.contextvars import get_contextvars

POD_LABELS = {"app.kubernetes.io/name": "assay-sandbox", "app.kubernetes.io/managed-by": "assay"}
"""Of every sandbox; the network policy selects them."""
_CONTEXT = {"attempt_id": "assay.dev/attempt", "run_id": "assay.dev/run", "project": "assay.dev/project"}
_MAX_CHARACTERS = 63


def pod_labels(*, for_attempt: bool = True) -> dict[str, str]:
    """The worker is its pod's name, or its host's. The attempt is the one whose log context is current, unless others
    may use the pod too."""
    context: Mapping[str, object] = get_contextvars() if for_attempt else {}
    worker = os.environ.get("ASSAY_POD_NAME") or socket.gethostname()
    owned = {label: _value(str(context[name])) for name, label in _CONTEXT.items() if context.get(name)}
    return POD_LABELS | {"assay.dev/worker": _value(worker)} | owned


def _value(text: str) -> str:
    """As a label's value may be."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", text)[:_MAX_CHARACTERS].strip("._-")
