"""Why a service does not start.

CannotListen    its port is taken or not allowed
"""

from __future__ import annotations


class CannotListen(Exception):
    """``hint`` says what to do about it."""

    def __init__(self, host: str, port: int, reason: str, hint: str) -> None:
        super().__init__(f"cannot listen on {host} port {port}: {reason}. {hint}")
