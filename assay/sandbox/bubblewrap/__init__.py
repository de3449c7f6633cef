"""Sandboxes made by bubblewrap. The only code that knows bwrap."""

from assay.sandbox.bubblewrap.provider import BubblewrapProvider

__all__ = ["BubblewrapProvider"]
