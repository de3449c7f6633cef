"""What can go wrong in a try, and whose fault it is.

RunnerError
├── CallFailed                  a request to a model's API failed; ``fault`` is its kind
│   ├── CallRetryable           may succeed later: retried with backoff
│   │   ├── EndpointUnreachable     connection: no connection, or it broke
│   │   ├── EndpointTimeout         timeout: no data for too long
│   │   ├── RateLimited             rate_limited: the provider asked to retry later
│   │   └── ProviderError           provider: an error on the provider's side, or an unreadable response
│   │       └── ProviderUnavailable     the provider as a whole, not this request: overloaded, or down (503)
│   └── CallPermanent           the same request will fail again
│       ├── CallMisconfigured       configuration: wrong address, model name or parameters
│       │   └── AccessRefused           every request of the model is refused: there is no such model
│       │       └── AuthenticationFailed    authentication: no key, a wrong one, no permission or no credit
│       ├── PromptTooLong           context_length: the prompt exceeds the model's context: the outcome is ``limit``
│       └── PromptRefused           content_refused: the provider's filter rejected the prompt: ``refused``
├── LimitReached                one of the attempt's own limits is used up: ``limit``; ``limit`` names it
├── AnswerRefused               the model, or its provider's filter, refused to answer: ``refused``
├── AnswerUnusable              the model answered, but nothing can be submitted from it: ``agent_error``
├── TaskUnusable                the task's bundle lacks what the ticket asks for: ``infra_error``, no new try
├── GrantRefused                no account has money for the next request's worst case: ``limit``
├── LedgerUnavailable           the ledger does not answer a grant request: retried until the lease is lost
├── LeaseLost                   the lease is no longer this runner's: the try ends as interrupted
├── ToolServerUnavailable       one of the task's MCP servers does not start: ``infra_error``, new try
└── HostProgramMissing          this machine lacks a program the try needs: ``infra_error``, new try
"""

from __future__ import annotations

from typing import ClassVar

from assay.contracts.models import CallFault


class RunnerError(Exception):
    """A try cannot continue."""


class CallFailed(RunnerError):
    """``may_be_billed``: the provider may have processed the request anyway, so its worst case is booked. ``final``:
    the request has waited for as long as it may, so it is not retried."""

    fault: ClassVar[CallFault] = CallFault.PROVIDER

    def __init__(self, message: str, *, may_be_billed: bool = False, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.may_be_billed = may_be_billed
        self.retry_after_seconds = retry_after_seconds
        self.final = False


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


class ProviderUnavailable(ProviderError):
    pass


class CallPermanent(CallFailed):
    pass


class CallMisconfigured(CallPermanent):
    fault = CallFault.CONFIGURATION


class AccessRefused(CallMisconfigured):
    """``status`` is the HTTP status of the refusal."""

    def __init__(
        self,
        message: str,
        *,
        may_be_billed: bool = False,
        retry_after_seconds: float | None = None,
        status: int = 0,
    ) -> None:
        super().__init__(message, may_be_billed=may_be_billed, retry_after_seconds=retry_after_seconds)
        self.status = status


class AuthenticationFailed(AccessRefused):
    fault = CallFault.AUTHENTICATION


class PromptTooLong(CallPermanent):
    fault = CallFault.CONTEXT_LENGTH


class PromptRefused(CallPermanent):
    fault = CallFault.CONTENT_REFUSED


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
