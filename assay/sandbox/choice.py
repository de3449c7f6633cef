"""Choosing a provider by its name."""

from __future__ import annotations

from assay.sandbox.errors import ProviderUnknown
from assay.sandbox.protocol import SandboxProvider

PROVIDERS = ("bubblewrap", "process")


def open_sandbox_provider(name: str = "bubblewrap") -> SandboxProvider:
    """The provider of that name. ``process`` isolates nothing, so it is never chosen unless named."""
    if name == "bubblewrap":
        from assay.sandbox.bubblewrap import BubblewrapProvider

        return BubblewrapProvider()
    if name == "process":
        from assay.sandbox.process import ProcessProvider

        return ProcessProvider()
    raise ProviderUnknown(f"no sandbox provider {name!r}; there are {', '.join(PROVIDERS)}")
