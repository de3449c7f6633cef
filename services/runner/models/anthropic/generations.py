"""What each generation of Claude models accepts.

Sources: https://platform.claude.com/docs/en/api/versioning and .../build-with-claude/thinking.
"""

from __future__ import annotations

import re

_ID = re.compile(
    r"claude-(?:(?P<before>\d)(?:-(?P<minor_before>\d))?-)?[a-z]+(?:-(?P<after>\d+)(?:-(?P<minor>\d{1,2}))?)?(?!\d)"
)

Generation = tuple[int, int]
"""Major and minor version: (3, 7), (4, 6)."""

_SAMPLING_REMOVED: Generation = (4, 7)
_ADAPTIVE_THINKING: Generation = (4, 6)
_THINKING: Generation = (3, 7)
_UNKNOWN: Generation = (99, 0)


def generation(model: str) -> Generation:
    """From the model's name, also as Bedrock and Vertex write it. Unknown names count as the newest."""
    found = _ID.search(model)
    major = found and (found["before"] or found["after"])
    if not found or not major:
        return _UNKNOWN
    minor = found["minor_before"] if found["before"] else found["minor"]
    return int(major), int(minor or 0)


def accepts_sampling(model: str) -> bool:
    """Whether it accepts ``temperature``, ``top_p`` and ``top_k``."""
    return generation(model) < _SAMPLING_REMOVED


def thinks_adaptively(model: str) -> bool:
    """Whether it decides itself how much to think, by its effort."""
    return generation(model) >= _ADAPTIVE_THINKING


def can_think(model: str) -> bool:
    return generation(model) >= _THINKING
