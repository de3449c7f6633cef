"""The bus inside one process, for tests and simulations. It encodes and decodes all messages; it has no permissions."""

from assay.bus.memory.bus import MemoryBus
from assay.bus.memory.clock import Clock

__all__ = ["Clock", "MemoryBus"]
