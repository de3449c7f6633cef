"""Token columns, which attempts, runs and cost sums share."""

from __future__ import annotations

from assay.contracts.models import Usage
from services.ledger.database.rows import Row

TOKENS = ("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens")


class UsageRow(Row):
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int

    @property
    def tokens(self) -> tuple[int, int, int, int]:
        """In the order of ``TOKENS``."""
        return self.input_tokens, self.cached_tokens, self.output_tokens, self.reasoning_tokens

    @property
    def usage(self) -> Usage:
        return Usage(
            input_tokens=self.input_tokens,
            cached_tokens=self.cached_tokens,
            output_tokens=self.output_tokens,
            reasoning_tokens=self.reasoning_tokens,
        )
