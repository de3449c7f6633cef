"""How much of an attempt's output a client has been sent."""

from __future__ import annotations

from msgspec.structs import replace

from assay.contracts.attempts import Token
from assay.contracts.tail import UNKNOWN_OFFSET, TailLine, tail_end


class TailPosition:
    """Of the newest try. Keeps a client from getting the same output from the backlog and live."""

    def __init__(self) -> None:
        self._token: Token = 0
        self._end = 0

    def unsent_part(self, line: TailLine) -> TailLine | None:
        """What the client does not have of the line, which counts as sent from now on; None if it has all of it."""
        if line.offset == UNKNOWN_OFFSET or line.token < self._token:
            return line
        if line.token > self._token:
            self._token, self._end = line.token, 0
        start, self._end = self._end, max(self._end, tail_end(line))
        if tail_end(line) <= start:
            return None
        return line if line.offset >= start else replace(line, text=line.text[start - line.offset :], offset=start)
