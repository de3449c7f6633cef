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


class Rates(Data, frozen=True, kw_only=True):
    """Nano-USD per million tokens. What is None costs as its whole does: cached as input, reasoning as output."""

    input_nanousd_per_mtok: NanoUsd = 0
    cached_nanousd_per_mtok: NanoUsd | None = None
    output_nanousd_per_mtok: NanoUsd = 0
    reasoning_nanousd_per_mtok: NanoUsd | None = None

    def cost(self, *, input_tokens: int, output_tokens: int, cached_tokens: int = 0, reasoning_tokens: int = 0) -> int:
        """Nano-USD, rounded up. ``cached_tokens`` are part of ``input_tokens``, ``reasoning_tokens`` of
        ``output_tokens``."""
        total = (
            (input_tokens - cached_tokens) * self.input_nanousd_per_mtok
            + cached_tokens * _or(self.cached_nanousd_per_mtok, self.input_nanousd_per_mtok)
            + (output_tokens - reasoning_tokens) * self.output_nanousd_per_mtok
            + reasoning_tokens * _or(self.reasoning_nanousd_per_mtok, self.output_nanousd_per_mtok)
        )
        return -(-total // 1_000_000)

    def worst(self, *, input_tokens: int, output_tokens: int) -> int:
        """The most that so many tokens can cost, whichever of them are cached or reasoning."""
        dearest_input = max(self.input_nanousd_per_mtok, self.cached_nanousd_per_mtok or 0)
        dearest_output = max(self.output_nanousd_per_mtok, self.reasoning_nanousd_per_mtok or 0)
        return -(-(input_tokens * dearest_input + output_tokens * dearest_output) // 1_000_000)


class PriceTier(Rates, frozen=True, kw_only=True):
    """Rates for the whole of a request whose input is longer than ``above_input_tokens``."""

    above_input_tokens: Annotated[int, Meta(ge=1)]


class Price(Rates, frozen=True, kw_only=True):
    """What a model's tokens cost in one version of one price table; ``tiers`` by rising length of the input."""

    version: str
    local: bool = False
    tiers: tuple[PriceTier, ...] = ()

    @property
    def free(self) -> bool:
        return self.worst(input_tokens=2**40, output_tokens=2**40) == 0

    def cost(self, *, input_tokens: int, output_tokens: int, cached_tokens: int = 0, reasoning_tokens: int = 0) -> int:
        """Nano-USD, rounded up, at the rates of the tier that the length of the input falls in."""
        tier = next((tier for tier in reversed(self.tiers) if input_tokens > tier.above_input_tokens), None)
        counts = {
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "cached_tokens": cached_tokens,
            "reasoning_tokens": reasoning_tokens,
        }
        return tier.cost(**counts) if tier else super().cost(**counts)

    def worst(self, *, input_tokens: int, output_tokens: int) -> int:
        """The most that a request of at most so many tokens can cost."""
        reached = [tier for tier in self.tiers if input_tokens > tier.above_input_tokens]
        costs = [tier.worst(input_tokens=input_tokens, output_tokens=output_tokens) for tier in reached]
        return max(super().worst(input_tokens=input_tokens, output_tokens=output_tokens), *costs, 0)


def _or(rate: int | None, whole: int) -> int:
    return whole if rate is None else rate


MESSAGE_TOKENS = 16
"""More than any provider's format takes for one message besides its text."""


def worst_prompt_tokens(text_bytes: int, messages: int = 1) -> int:
    """A bound for any tokenizer: none makes more tokens of a text than it has bytes."""
    return text_bytes + MESSAGE_TOKENS * messages
