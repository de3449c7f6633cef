"""Errors of the artifact store.

ArtifactError
├── ArtifactRetryable           the same call can succeed later
│   ├── StoreUnreachable        the store did not reply, or replied with an internal error
│   └── StoreFull               no space left in the store
└── ArtifactPermanent           the same call will fail again
    ├── ArtifactMissing         the area has no content with this digest
    ├── ArtifactCorrupt         the stored content does not match its digest
    └── StoreMisconfigured      the URL is invalid, or the credentials are refused
"""

from __future__ import annotations


class ArtifactError(Exception):
    """An operation of the artifact store failed."""


class ArtifactRetryable(ArtifactError):
    pass


class StoreUnreachable(ArtifactRetryable):
    pass


class StoreFull(ArtifactRetryable):
    pass


class ArtifactPermanent(ArtifactError):
    pass


class ArtifactMissing(ArtifactPermanent):
    pass


class ArtifactCorrupt(ArtifactPermanent):
    pass


class StoreMisconfigured(ArtifactPermanent):
    pass
