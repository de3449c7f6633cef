"""The judge's settings, from environment variables with the prefix ``ASSAY_``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from assay.bus.settings import BusEnvironment
from assay.service.settings import EndpointEnvironment
from assay.worker.host_resources import Reserve


class JudgeSettings(BusEnvironment, EndpointEnvironment):
    """``judge_slots`` attempts are graded at once, of which ``judge_test_slots`` may run tests in sandboxes."""

    artifacts_url: str = ".assay/artifacts"
    pool: str = "default"
    sandbox: str = "auto"
    warm_sandboxes: Annotated[int, Field(ge=0, le=1000)] = 0
    """Like ``sandbox``, as for the runner."""
    judge_slots: int = 64
    judge_test_slots: int = 2
    judge_questions: Annotated[int, Field(ge=1, le=200)] = 16
    """The number of questions to models under way at once; each takes a slot of a runner's requests."""
    drain_seconds: Annotated[float, Field(gt=0, le=86_400)] = 25.0
    """After a signal, gradings under way have this long to end; what is left goes to other judges."""
    reserve: Reserve = Reserve()
    """What must stay free on the host, in MiB: ``ASSAY_RESERVE={"memory_mb": 512, "disk_mb": 1024}``."""
    judge_hidden_bundles: int = 64
    """The number of tasks whose hidden bundles are cached in memory."""
