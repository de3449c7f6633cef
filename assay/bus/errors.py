"""Errors of the bus.

BusError
├── Retryable
│   └── BusUnavailable      no reply in time, or the connection is down; whether the call took effect is unknown
│       ├── Missing         the stream or queue does not exist (yet)
│       └── NoListener      no process subscribes to the subject
└── Permanent
    ├── BusClosed           the connection is closed permanently; the service should end
    ├── BusForbidden        the server's permissions do not allow this user to do this
    ├── MessageRefused      the message can never be stored: too large, wrong subject, refused by the stream
    └── BusMisconfigured    the server or its streams do not meet the bus's requirements
        └── ApiRefused      JetStream's management API refused the request
"""

from __future__ import annotations


class BusError(Exception):
    """A bus operation failed."""


class Retryable(BusError):
    """The same call can succeed later."""


class Permanent(BusError):
    """The same call will fail again."""


class BusUnavailable(Retryable):
    pass


class Missing(BusUnavailable):
    pass


class NoListener(BusUnavailable):
    pass


class BusClosed(Permanent):
    pass


class BusForbidden(Permanent):
    pass


class MessageRefused(Permanent):
    pass


class BusMisconfigured(Permanent):
    pass


class ApiRefused(BusMisconfigured):
    """``err_code`` is JetStream's error code."""

    def __init__(self, message: str, err_code: int) -> None:
        super().__init__(message)
        self.err_code = err_code
