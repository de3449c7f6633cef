"""The messages of a prompt as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assay.contracts.rpc import PromptMessage


def prompt_lines(messages: Iterable[PromptMessage]) -> Iterator[str]:
    """Images come before the text, as they are sent, and are only named."""
    for message in messages:
        yield f"[{message.role}]"
        yield from (f"[{image.name}: {image.media_type}, {image.size_bytes:,} bytes]" for image in message.images)
        yield message.content
