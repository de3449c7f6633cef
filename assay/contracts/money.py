"""Money is an integer count of nano-USD, shown as a decimal string; never a float."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Annotated

from msgspec import Meta

from assay.contracts.codec import Data

NANO = 1_000_000_000
MAX_NANOUSD = 2**63 - 1

NanoUsd = Annotated[int, Meta(ge=0, le=MAX_NANOUSD, description="nano-USD: 1 USD is 1,000,000,000")]
Usd = Annotated[str, Meta(pattern=r"^\d+(\.\d{1,9})?$", description="US dollars as a decimal string")]


def usd(nanousd: int) -> str:
    """``1_500_000_000`` is ``"1.5"``: exact, no exponent, no trailing zeros."""
    sign = "-" if nanousd < 0 else ""
    whole, rest = divmod(abs(nanousd), NANO)
    return f"{sign}{whole}.{rest:09d}".rstrip("0").rstrip(".")


def nanousd(text: str | int | Decimal) -> int:
    """Dollars to nano-USD, rounded half up to the nano-dollar; ValueError for what is no amount."""
    try:
        return int((Decimal(text) * NANO).quantize(Decimal(1), ROUND_HALF_UP))
    except (InvalidOperation, OverflowError, ValueError) as error:
        raise ValueError(f"{text!r} is not an amount in US dollars; write it like 0.25") from error


class Price(Data, frozen=True, kw_only=True):
    """What a model's tokens cost, in nano-USD per million tokens, in one version of one price table."""

    version: str
    local: bool = False
    input_nanousd_per_mtok: NanoUsd = 0
    cached_nanousd_per_mtok: NanoUsd | None = None
    output_nanousd_per_mtok: NanoUsd = 0

    def cost(self, *, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> int:
        """Nano-USD, rounded up. ``cached_tokens`` are part of ``input_tokens``, reasoning part of ``output_tokens``."""
        cached_rate = (
            self.input_nanousd_per_mtok if self.cached_nanousd_per_mtok is None else self.cached_nanousd_per_mtok
        )
        total = (
            (input_tokens - cached_tokens) * self.input_nanousd_per_mtok
            + cached_tokens * cached_rate
            + output_tokens * self.output_nanousd_per_mtok
        )
        return -(-total // 1_000_000)
