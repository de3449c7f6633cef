"""The child of ``regex_worker.py``: answers a pattern and a text with what was found, until its stdin closes. A search
that exceeds the CPU seconds given as argument kills the process."""

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
    while header := source.read(8):
        request = source.read(int.from_bytes(header, "big"))
        end = 8 + int.from_bytes(request[:8], "big")
        pattern, text = (part.decode("utf-8", "surrogatepass") for part in (request[8:end], request[end:]))
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        found = re.search(pattern, text)
        signal.setitimer(signal.ITIMER_PROF, 0)
        answer = _answer(found)
        out.write(len(answer).to_bytes(8, "big") + answer)
        out.flush()


def _answer(match: re.Match[str] | None) -> bytes:
    """Empty without a match; otherwise ``1`` and the first group, or the whole match if the pattern has no groups."""
    if match is None:
        return b""
    text = match.group(1 if match.re.groups else 0) or ""
    return b"1" + text[:_MAX_CHARACTERS].encode("utf-8", "surrogatepass")


if __name__ == "__main__":
    main()
