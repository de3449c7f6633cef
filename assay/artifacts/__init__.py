"""The artifact store: content by digest, in a folder or an object store, and bundles of files."""

from assay.artifacts.bundle import MEDIA_TYPE as BUNDLE_MEDIA_TYPE
from assay.artifacts.bundle import pack, unpack
from assay.artifacts.bundle_text import pack_text, unpack_text
from assay.artifacts.errors import (
    ArtifactCorrupt,
    ArtifactError,
    ArtifactMissing,
    ArtifactPermanent,
    ArtifactRetryable,
    StoreFull,
    StoreMisconfigured,
    StoreUnreachable,
)
from assay.artifacts.garbage_collection import collect_garbage
from assay.artifacts.store import REWRITE_SECONDS, Area, ArtifactStore, open_store

__all__ = [
    "BUNDLE_MEDIA_TYPE",
    "REWRITE_SECONDS",
    "Area",
    "ArtifactCorrupt",
    "ArtifactError",
    "ArtifactMissing",
    "ArtifactPermanent",
    "ArtifactRetryable",
    "ArtifactStore",
    "StoreFull",
    "StoreMisconfigured",
    "StoreUnreachable",
    "collect_garbage",
    "open_store",
    "pack",
    "pack_text",
    "unpack",
    "unpack_text",
]
