"""An artifact store in memory."""

from __future__ import annotations

from hashlib import sha256

from assay.artifacts import ArtifactMissing
from assay.contracts.artifacts import ArtifactRef


class Artifacts:
    """Bytes by digest, of all areas."""

    def __init__(self) -> None:
        self._bytes: dict[str, bytes] = {}

    async def put(
        self, data: bytes, media_type: str = "application/octet-stream", *, truncated: bool = False
    ) -> ArtifactRef:
        digest = sha256(data).hexdigest()
        self._bytes[digest] = data
        return ArtifactRef(sha256=digest, size_bytes=len(data), media_type=media_type, truncated=truncated)

    async def get(self, ref: ArtifactRef | str) -> bytes:
        digest = ref if isinstance(ref, str) else ref.sha256
        if digest not in self._bytes:
            raise ArtifactMissing(digest)
        return self._bytes[digest]
