"""Prometheus metrics of the sandboxes that this process opens, and their steps in traces."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from prometheus_client import Counter, Gauge, Histogram

from assay.contracts.sandboxspec import SandboxSpec
from assay.sandbox.protocol import Mounts, Sandbox, SandboxProvider
from assay.tracing import step

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_OPENING = Histogram("assay_sandbox_open_seconds", "Time to open a sandbox, by kind", ["kind"], buckets=_BUCKETS)
_FAILURES = Counter("assay_sandbox_open_failures", "Sandboxes that could not be opened, by kind", ["kind"])
_OPEN = Gauge("assay_sandboxes_open", "Sandboxes in use, by kind", ["kind"])


@asynccontextmanager
async def open_measured(provider: SandboxProvider, spec: SandboxSpec, mounts: Mounts) -> AsyncGenerator[Sandbox]:
    """A sandbox of the provider, counted, timed and traced."""
    began = time.perf_counter()
    async with AsyncExitStack() as stack:
        try:
            with step("open sandbox", attributes={"assay.sandbox": provider.name}):
                sandbox = await stack.enter_async_context(provider.open(spec, mounts=mounts))
        except Exception:
            _FAILURES.labels(provider.name).inc()
            raise
        _OPENING.labels(provider.name).observe(time.perf_counter() - began)
        with _OPEN.labels(provider.name).track_inprogress():
            yield sandbox
