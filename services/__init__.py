"""The four services, each a process of its own: ``python -m services.<name>``."""

from __future__ import annotations

from assay import without

with without("rich"):  # of which structlog makes colours, and we write JSON
    import structlog as structlog
