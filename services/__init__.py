"""The four services, each started as ``python -m services.<name>``."""

from __future__ import annotations

from assay import without

with without("rich"):  # structlog imports it for coloured output, but services log JSON
    import structlog as structlog
