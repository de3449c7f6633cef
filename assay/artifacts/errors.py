"""What goes wrong with stored bytes.

ArtifactError
+-- ArtifactRetryable           may work later: try again
|   +-- StoreUnreachable        the store did not answer, or answered with an error of its own
|   +-- StoreFull               no space left where artifacts are kept
+-- ArtifactPermanent           will fail however often it is tried
    +-- ArtifactMissing         nothing is stored under this digest in this area
    +-- ArtifactCorrupt         what is stored under this digest is something else
    +-- StoreMisconfigured      the address cannot be understood, or the credentials are refused
"""

from __future__ import annotations


class ArtifactError(Exception):
    """The store could not do what it was asked."""


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
