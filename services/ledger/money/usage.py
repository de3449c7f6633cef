"""Token columns, which attempts, runs and cost sums share."""

from __future__ import annotations

from assay.contracts.models import Usage
from services.ledger.database.rows import Row

TOKENS = ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")


class UsageRow(Row):
    input_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int

    @property
    def tokens(self) -> tuple[int, ...]:
        """In the order of ``TOKENS``."""
        return token_counts(self.usage)

    @property
    def usage(self) -> Usage:
        return Usage(
            input_tokens=self.input_tokens,
            cached_tokens=self.cached_tokens,
            cache_write_tokens=self.cache_write_tokens,
            output_tokens=self.output_tokens,
            reasoning_tokens=self.reasoning_tokens,
        )


def token_counts(usage: Usage) -> tuple[int, ...]:
    """In the order of ``TOKENS``."""
    return tuple(getattr(usage, name) for name in TOKENS)
