"""Resolves a run request against the catalogue."""
