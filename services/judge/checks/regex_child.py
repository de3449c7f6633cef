"""The child of ``regex_worker.py``: reads a pattern and a text, answers ``0`` or ``1`` and what was found, until its
stdin closes. A search that exceeds the CPU seconds given as argument kills the process."""

from __future__ import annotations

import re
import resource
import signal
import sys

_MEMORY_BYTES = 1 << 30
_MAX_CHARACTERS = 1_000


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    cpu_seconds = float(sys.argv[1])
    source, out = sys.stdin.buffer, sys.stdout.buffer
    while header := source.read(16):
        pattern = source.read(int.from_bytes(header[:8], "big")).decode("utf-8", "surrogatepass")
        text = source.read(int.from_bytes(header[8:], "big")).decode("utf-8", "surrogatepass")
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        found = re.search(pattern, text)
        signal.setitimer(signal.ITIMER_PROF, 0)
        out.write(_answer(found))
        out.flush()


def _answer(match: re.Match[str] | None) -> bytes:
    """The first group if the pattern has one, otherwise the whole match."""
    if match is None:
        return b"0"
    text = match.group(1 if match.re.groups else 0) or ""
    data = text[:_MAX_CHARACTERS].encode("utf-8", "surrogatepass")
    return b"1" + len(data).to_bytes(8, "big") + data


if __name__ == "__main__":
    main()
