"""The bus inside one process: for tests and simulations. It really encodes and decodes, and keeps no secrets."""

from assay.bus.memory.bus import MemoryBus
from assay.bus.memory.clock import Clock

__all__ = ["Clock", "MemoryBus"]
