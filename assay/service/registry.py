"""What the metrics of every process have in common."""

from __future__ import annotations

import platform
from importlib.metadata import version

from prometheus_client import Gauge, disable_created_metrics

_BUILD = Gauge("assay_build_info", "1 for the version that runs", ["service", "version", "python"])


def prepare_registry(service: str) -> None:
    """Say which version of which service runs, and leave out the series with each counter's time of creation."""
    disable_created_metrics()
    _BUILD.labels(service, version("assay"), platform.python_version()).set(1)
