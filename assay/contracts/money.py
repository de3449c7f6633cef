"""Money: an integer number of nano-USD, shown as a decimal string; never a float."""

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
    """``1_500_000_000`` becomes ``"1.5"``: exact, without exponent or trailing zeros."""
    sign = "-" if nanousd < 0 else ""
    whole, rest = divmod(abs(nanousd), NANO)
    return f"{sign}{whole}.{rest:09d}".rstrip("0").rstrip(".")


def nanousd(text: str | int | Decimal) -> int:
    """Convert US dollars to nano-USD, rounding half up. Raises ValueError for text that is not an amount."""
    try:
        return int((Decimal(text) * NANO).quantize(Decimal(1), ROUND_HALF_UP))
    except (InvalidOperation, OverflowError, ValueError) as error:
        raise ValueError(f"{text!r} is not an amount in US dollars; write it like 0.25") from error


class Rates(Data, frozen=True, kw_only=True):
    """Nano-USD per million tokens. None: tokens read from or written to a cache cost as much as input, reasoning tokens
    as much as output."""

    input_nanousd_per_mtok: NanoUsd = 0
    cached_nanousd_per_mtok: NanoUsd | None = None
    cache_write_nanousd_per_mtok: NanoUsd | None = None
    output_nanousd_per_mtok: NanoUsd = 0
    reasoning_nanousd_per_mtok: NanoUsd | None = None

    def cost(
        self,
        *,
        input_tokens: int,
        output_tokens: int,
        cached_tokens: int = 0,
        cache_write_tokens: int = 0,
        reasoning_tokens: int = 0,
    ) -> int:
        """Nano-USD, rounded up. ``input_tokens`` includes ``cached_tokens`` and ``cache_write_tokens``,
        ``output_tokens`` includes ``reasoning_tokens``."""
        total = (
            (input_tokens - cached_tokens - cache_write_tokens) * self.input_nanousd_per_mtok
            + cached_tokens * _or(self.cached_nanousd_per_mtok, self.input_nanousd_per_mtok)
            + cache_write_tokens * _or(self.cache_write_nanousd_per_mtok, self.input_nanousd_per_mtok)
            + (output_tokens - reasoning_tokens) * self.output_nanousd_per_mtok
            + reasoning_tokens * _or(self.reasoning_nanousd_per_mtok, self.output_nanousd_per_mtok)
        )
        return -(-total // 1_000_000)

    def worst_case(self, *, input_tokens: int, output_tokens: int) -> int:
        """The most that these tokens can cost, however many of them are cached or reasoning tokens."""
        cache_rates = (self.cached_nanousd_per_mtok or 0, self.cache_write_nanousd_per_mtok or 0)
        highest_input_rate = max(self.input_nanousd_per_mtok, *cache_rates)
        highest_output_rate = max(self.output_nanousd_per_mtok, self.reasoning_nanousd_per_mtok or 0)
        return -(-(input_tokens * highest_input_rate + output_tokens * highest_output_rate) // 1_000_000)


class PriceTier(Rates, frozen=True, kw_only=True):
    """Rates for all tokens of a request with more than ``above_input_tokens`` of input."""

    above_input_tokens: Annotated[int, Meta(ge=1)]


class Price(Rates, frozen=True, kw_only=True):
    """A model's token prices in one version of a price table; ``tiers`` in ascending order of input length."""

    version: str
    local: bool = False
    tiers: tuple[PriceTier, ...] = ()

    @property
    def free(self) -> bool:
        return self.worst_case(input_tokens=2**40, output_tokens=2**40) == 0

    def cost(
        self,
        *,
        input_tokens: int,
        output_tokens: int,
        cached_tokens: int = 0,
        cache_write_tokens: int = 0,
        reasoning_tokens: int = 0,
    ) -> int:
        """Nano-USD, rounded up, at the rates of the tier that matches the input length."""
        tier = next((tier for tier in reversed(self.tiers) if input_tokens > tier.above_input_tokens), None)
        counts = {
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "cached_tokens": cached_tokens,
            "cache_write_tokens": cache_write_tokens,
            "reasoning_tokens": reasoning_tokens,
        }
        return tier.cost(**counts) if tier else super().cost(**counts)

    def worst_case(self, *, input_tokens: int, output_tokens: int) -> int:
        """The most that a request of at most these numbers of tokens can cost."""
        reached = [tier for tier in self.tiers if input_tokens > tier.above_input_tokens]
        costs = [tier.worst_case(input_tokens=input_tokens, output_tokens=output_tokens) for tier in reached]
        return max(super().worst_case(input_tokens=input_tokens, output_tokens=output_tokens), *costs, 0)


def _or(rate: int | None, default: int) -> int:
    return default if rate is None else rate


MESSAGE_TOKENS = 16
"""Upper bound of the tokens that any provider's format adds to one message."""
IMAGE_TOKENS = 50_000
"""Upper bound of the tokens that a provider counts for one image, whatever its size. The highest documented maxima are

- OpenAI: 48,169 for gpt-4o-mini (2,833 and 5,667 for each of at most 8 tiles), 36,000 for models that count patches (at
  most 30,000, by a factor of 1.2); https://developers.openai.com/api/docs/guides/images-vision
- Anthropic: 4,784; https://platform.claude.com/docs/en/build-with-claude/vision
- Google: 2,240; https://ai.google.dev/gemini-api/docs/media-resolution"""
TYPICAL_IMAGE_TOKENS = 1_500
"""What these providers' current models count for an image of about 1024 x 1024 pixels, at most."""


def worst_prompt_tokens(text_bytes: int, messages: int = 1, images: int = 0) -> int:
    """An upper bound for any tokenizer: a text never has more tokens than bytes."""
    return text_bytes + MESSAGE_TOKENS * messages + IMAGE_TOKENS * images


class TokenPrice(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price in US dollars per million tokens, as decimal strings."""

    input_usd_per_mtok: Usd
    output_usd_per_mtok: Usd
    cached_usd_per_mtok: Usd | None = None
    cache_write_usd_per_mtok: Usd | None = None
    reasoning_usd_per_mtok: Usd | None = None
