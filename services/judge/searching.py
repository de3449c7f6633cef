"""The child of ``searcher.py``: reads a pattern and a text, answers ``1`` or ``0``, until its stdin ends."""

from __future__ import annotations

import re
import resource
import sys

_MEMORY_BYTES = 1 << 30


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    source, out = sys.stdin.buffer, sys.stdout.buffer
    while header := source.read(16):
        pattern = source.read(int.from_bytes(header[:8], "big")).decode("utf-8", "surrogatepass")
        text = source.read(int.from_bytes(header[8:], "big")).decode("utf-8", "surrogatepass")
        out.write(b"1" if re.search(pattern, text) else b"0")
        out.flush()


if __name__ == "__main__":
    main()
