"""What can go wrong in a try, and whose fault it is.

RunnerError
├── CallFailed                  a request to a model's API failed; ``fault`` is its kind
│   ├── CallRetryable           may work in a moment: tried again with backoff
│   │   ├── EndpointUnreachable     connection: nobody there, or the line broke
│   │   ├── EndpointSilent          timeout: nothing came for too long
│   │   ├── RateLimited             rate_limited: asked to come back later
│   │   └── ProviderBroken          provider: an error of theirs, or a reply nobody can read
│   └── CallPermanent           the same request will fail again
│       ├── CallMisconfigured       configuration: key, address, model name or parameters are wrong
│       ├── PromptTooLong           the prompt does not fit the model: ends the attempt as ``limit``
│       └── PromptRefused           the provider's filter took the prompt: ends the attempt as ``refused``
├── LimitReached                one of the attempt's own limits is used up: ``limit``; ``limit`` names it
├── AnswerRefused               the model, or its provider's filter, would not answer: ``refused``
├── AnswerUnusable              the model answered, but not in a way that can be handed in: ``agent_error``
├── TaskUnusable                the task's bundle lacks what the ticket asks for: ``infra_error``, not tried again
├── GrantRefused                a limit has no room for another request's worst case: ``limit``
├── GrantsAway                  nobody can say whether there is more money: asked again for as long as the lease lives
├── LeaseLost                   the try is no longer this runner's: it ends as if it had been stopped
├── ToolsAway                   a server of the task's tools does not start: ``infra_error``, may pass later
└── HostUnfit                   this machine lacks a program the try needs: ``infra_error``, may pass elsewhere
"""

from __future__ import annotations

from typing import ClassVar

from assay.contracts.models import CallFault


class RunnerError(Exception):
    """A try cannot go on."""


class CallFailed(RunnerError):
    """``perhaps_billed`` says that the provider may have done the work all the same, so that it must be paid for."""

    fault: ClassVar[CallFault] = CallFault.PROVIDER

    def __init__(self, message: str, *, may_be_billed: bool = False, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.may_be_billed = may_be_billed
        self.retry_after_seconds = retry_after_seconds


class CallRetryable(CallFailed):
    pass


class EndpointUnreachable(CallRetryable):
    fault = CallFault.CONNECTION


class EndpointTimeout(CallRetryable):
    fault = CallFault.TIMEOUT


class RateLimited(CallRetryable):
    fault = CallFault.RATE_LIMITED


class ProviderError(CallRetryable):
    fault = CallFault.PROVIDER


class CallPermanent(CallFailed):
    pass


class CallMisconfigured(CallPermanent):
    fault = CallFault.CONFIGURATION


class PromptTooLong(CallPermanent):
    fault = CallFault.CONFIGURATION


class PromptRefused(CallPermanent):
    fault = CallFault.PROVIDER


class LimitReached(RunnerError):
    """``limit`` is its name among the task's ``limits``."""

    def __init__(self, limit: str, message: str) -> None:
        super().__init__(f"limits.{limit}: {message}")
        self.limit = limit


class AnswerRefused(RunnerError):
    pass


class AnswerUnusable(RunnerError):
    pass


class TaskUnusable(RunnerError):
    pass


class GrantRefused(RunnerError):
    pass


class LedgerUnavailable(RunnerError):
    pass


class LeaseLost(RunnerError):
    pass


class ToolServerUnavailable(RunnerError):
    pass


class HostProgramMissing(RunnerError):
    pass
