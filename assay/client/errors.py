"""What goes wrong between here and a gateway. What the gateway itself refuses is a ProblemError, as everywhere.

ClientError
├── Unreachable     nobody answers at the address, or the line broke; may work later
└── NotAssay        somebody answers, but not in this API's words
"""

from __future__ import annotations


class ClientError(Exception):
    """The question never got a proper answer."""


class Unreachable(ClientError):
    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"no gateway answers at {url} ({reason}). Start one with `assay up`, or give its address.")
        self.url = url


class NotAssay(ClientError):
    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"what answers at {url} is not this version of Assay's gateway: {reason}")
        self.url = url
