"""The image formats that models accept, by the extension of a file and by its first bytes."""

from __future__ import annotations

MEDIA_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}
"""By extension."""
_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"} | dict.fromkeys(
    (b"GIF87a", b"GIF89a"), "image/gif"
)


def declared_media_type(path: str) -> str | None:
    """The media type that the extension stands for; None if it is no image's."""
    return MEDIA_TYPES.get(path.rpartition(".")[2].lower())


def detected_media_type(content: bytes) -> str | None:
    """The media type of the content; None if it is no image of a known format."""
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for signature, kind in _SIGNATURES.items() if content.startswith(signature)), None)
