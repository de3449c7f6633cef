"""Large things: bytes under their digest, in a folder or in an object store, and files packed into such bytes."""

from assay.artifacts.bundle import MEDIA_TYPE as BUNDLE_MEDIA_TYPE
from assay.artifacts.bundle import pack, unpack
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
from assay.files.folders import read_folder, write_folder

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
    "read_folder",
    "unpack",
    "write_folder",
]
