"""Limits requests to each provider: concurrency, requests and tokens per minute, and pauses that it asks for."""

from services.runner.rate_limiter.clock import Clock
from services.runner.rate_limiter.limiter import ProviderLimits, RateLimiter

__all__ = ["Clock", "ProviderLimits", "RateLimiter"]
