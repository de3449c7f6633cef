"""Errors of the bus.

BusError
├── Retryable
│   └── BusUnavailable      nobody answered in time, or the connection is down; the effect is unknown
│       ├── Missing         the stream or queue does not exist (yet)
│       └── NoListener      the server knows nobody who listens on the subject
└── Permanent
    ├── BusClosed           this connection is gone for good; the service should end
    ├── BusForbidden        the server's permissions forbid this user what it tried
    ├── MessageRefused      this message can never be stored: too large, a wrong subject, refused by the stream
    └── BusMisconfigured    the server or its streams are not what the bus needs
        └── ApiRefused      JetStream's management API said no
"""

from __future__ import annotations


class BusError(Exception):
    """Something went wrong between a service and the bus."""


class Retryable(BusError):
    """The same call may succeed later."""


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
    """``err_code`` is JetStream's own number for the reason."""

    def __init__(self, message: str, err_code: int) -> None:
        super().__init__(message)
        self.err_code = err_code
