"""References to bytes in the artifact store."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from assay.contracts.codec import Data

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class ArtifactRef(Data, frozen=True, kw_only=True):
    """Content identified by its digest. ``truncated``: only the first part of the content was kept."""

    sha256: Sha256
    size_bytes: Annotated[int, Meta(ge=0)]
    media_type: str = "application/octet-stream"
    truncated: bool = False
