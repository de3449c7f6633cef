"""When a provider is asked: no more at once and no more a minute than it allows, and not while it says to wait."""

from services.runner.rate_limiter.clock import Clock, LoopClock, Timer
from services.runner.rate_limiter.limiter import Allowance, Pace, Turn

__all__ = ["Allowance", "Clock", "LoopClock", "Pace", "Timer", "Turn"]
