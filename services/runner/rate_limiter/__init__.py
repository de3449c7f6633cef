"""Limits requests to each provider: concurrency, requests and tokens per minute, pauses that it asks for, outages."""

from services.runner.rate_limiter.clock import Clock
from services.runner.rate_limiter.limiter import ProviderLimits, RateLimiter
from services.runner.rate_limiter.model_limiter import ModelLimiter
from services.runner.rate_limiter.retry_policy import RETRY_POLICY, RetryPolicy

__all__ = ["RETRY_POLICY", "Clock", "ModelLimiter", "ProviderLimits", "RateLimiter", "RetryPolicy"]
