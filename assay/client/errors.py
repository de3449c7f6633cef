"""Errors of the connection to a gateway. Requests that the gateway refuses raise ProblemError.

ClientError
├── Unreachable     no answer at the address, or the connection broke; retrying may help
└── NotAssay        the answer does not follow this API
"""

from __future__ import annotations


class ClientError(Exception):
    """A request got no valid answer."""


class Unreachable(ClientError):
    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"no gateway answers at {url} ({reason}); start one with `assay up`, or check the address")
        self.url = url


class NotAssay(ClientError):
    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"the server at {url} is not an Assay gateway of this version: {reason}")
        self.url = url
