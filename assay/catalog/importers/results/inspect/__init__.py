"""Logs of Inspect (inspect-ai)."""
