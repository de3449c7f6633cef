"""Limits requests to each provider: concurrency, requests and tokens per minute, and pauses that it asks for."""

from services.runner.rate_limiter.clock import Clock, LoopClock, Timer
from services.runner.rate_limiter.limiter import Permit, ProviderLimits, RateLimiter

__all__ = ["Clock", "LoopClock", "Permit", "ProviderLimits", "RateLimiter", "Timer"]
