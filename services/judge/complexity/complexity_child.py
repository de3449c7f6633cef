"""The child of ``complexity_meter.py``: answers files by path with the number of their functions and the sum of their
cyclomatic complexities, until its stdin closes. A request that exceeds the CPU seconds given as argument kills the
process."""

from __future__ import annotations

import json
import resource
import signal
import sys
from contextlib import suppress

import lizard

_MEMORY_BYTES = 1 << 30


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    cpu_seconds = float(sys.argv[1])
    source, out = sys.stdin.buffer, sys.stdout.buffer
    while header := source.read(8):
        files: dict[str, str] = json.loads(source.read(int.from_bytes(header, "big")) or b"{}")
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        found = [number for path, text in files.items() for number in _complexities(path, text)]
        signal.setitimer(signal.ITIMER_PROF, 0)
        answer = json.dumps([len(found), sum(found)]).encode()
        out.write(len(answer).to_bytes(8, "big") + answer)
        out.flush()


def _complexities(path: str, text: str) -> list[int]:
    """One number per function; none for files in an unknown language or that cannot be parsed."""
    if lizard.get_reader_for(path) is None:
        return []
    with suppress(Exception):
        analysis = lizard.analyze_file.analyze_source_code(path, text)
        return [function.cyclomatic_complexity for function in analysis.function_list]
    return []


if __name__ == "__main__":
    main()
