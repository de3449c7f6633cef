"""Errors that a provider reports in a body, in any of the usual shapes, and the runner's errors that they map to.

The same rules apply to the body of a failed response and to an error inside a response with status 200.
"""

from __future__ import annotations

import html
import re
from typing import Any, NamedTuple, cast

from services.runner.errors import (
    AccessRefused,
    AuthenticationFailed,
    CallFailed,
    CallMisconfigured,
    EndpointTimeout,
    PromptRefused,
    PromptTooLong,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
)

MAX_MESSAGE_CHARACTERS = 500
_MESSAGES = ("message", "msg", "error_msg", "error_message", "status_msg", "detail", "description")
_NESTED = ("error", "errors", "detail", "message", "base_resp")
_CODES = ("code", "type", "status", "error_code", "error_type", "status_code", "http_code")
_MAX_DEPTH = 6
_PAGE_CHARACTERS = 65_536
_PAGE_TITLES = tuple(
    re.compile(rf"<{tag}\b[^>]{{0,1000}}>([^<]{{1,1000}})", re.IGNORECASE) for tag in ("title", "h1", "message")
)

_UNAVAILABLE = (502, 503, 504, 529)
_NOT_AUTHENTICATED = (401, 402, 403)

# Matched against codes and types without punctuation, such as ``ratelimitexceeded``.
_TOO_LONG = re.compile("context(length|window|size)|(prompt|input)toolong|stringabovemaxlength|requesttoolarge")
_NO_CREDIT = re.compile("insufficient(quota|balance|credit|funds)|exceededcurrentquota|billing|paymentrequired")
_RATE_LIMITED = re.compile("ratelimit|toomanyrequests|throttl|resourceexhausted|limitrequests|slowdown")
_REFUSED = re.compile("contentfilter|contentpolicy|datainspection|responsibleai|moderation|safety|sensitive")
_OVERLOADED = re.compile("overload|unavailable|badgateway|capacity")
_FAILED = re.compile("servererror|internal|apierror")
_TIMED_OUT = re.compile("timeout|deadlineexceeded")
_NO_ACCESS = re.compile("auth|apikey|permission|forbidden|accessdenied")
_NOT_FOUND = re.compile("notfound")
_MISCONFIGURED = re.compile(
    "badrequest|unsupported|unprocessable|failedprecondition|validation|invalid(request|argument|param|model|value)"
)
# Matched against messages.
_TOO_LONG_MESSAGE = re.compile(
    r"maximum context length|(prompt|input) is too long|input token count .{0,20}exceeds"
    r"|context (length|window|size) (is |was )?exceeded"
    r"|exceeds?\b.{0,40}\bcontext (length|window|size)",
    re.IGNORECASE,
)
_REFUSED_MESSAGE = re.compile("moderation|flagged|safety|content policy", re.IGNORECASE)
"""A refusal of one prompt and not of every request."""
_KEY_INVALID_MESSAGE = re.compile("api.?key (is )?(not valid|invalid|expired)", re.IGNORECASE)
"""Google answers this with status 400."""
_WITHOUT_STATUS = (
    (_OVERLOADED, ProviderUnavailable),
    (_FAILED, ProviderError),
    (_TIMED_OUT, EndpointTimeout),
    (_NO_ACCESS, AuthenticationFailed),
    (_NOT_FOUND, AccessRefused),
    (_MISCONFIGURED, CallMisconfigured),
)
_BY_MESSAGE = (
    (re.compile("rate.?limit|too many requests", re.IGNORECASE), RateLimited),
    (re.compile("overloaded", re.IGNORECASE), ProviderUnavailable),
    (re.compile("api.?key|unauthori[sz]ed|authenticat", re.IGNORECASE), AuthenticationFailed),
    (re.compile("model .{0,100}not (found|exist)", re.IGNORECASE), AccessRefused),
)


_ADVICE: dict[type[AccessRefused], str] = {
    AuthenticationFailed: "check the provider's key, its permissions and its credit",
    AccessRefused: "check the model's name and the provider's address",
}


class ReportedError(NamedTuple):
    """``names`` are its codes and types, lower-case and without punctuation; ``status`` an HTTP status among them."""

    message: str
    names: str = ""
    status: int | None = None


def read_error(value: object) -> ReportedError:
    """An error body, or the value of its member ``error``."""
    return find_error(value) or _read(value, _shown(value))


def find_error(value: object) -> ReportedError | None:
    """None if it has no message."""
    message = next((text for level in _levels(value, _MAX_DEPTH) if (text := _message(level))), "")
    return _read(value, message) if message else None


def is_error(value: object) -> bool:
    """Whether a member ``error`` reports one. Some servers always send it, with nothing in it."""
    if isinstance(value, dict):
        return any(cast("dict[str, Any]", value).values())
    return bool(value)


def to_call_failed(
    error: ReportedError,
    text: str,
    *,
    status: int | None = None,
    retry_after_seconds: float | None = None,
    may_be_billed: bool = False,
) -> CallFailed:
    """``status`` is that of the response, if it failed; ``text`` becomes the message."""
    status = status or error.status
    kind = _kind(error, status)
    if issubclass(kind, AccessRefused):
        return kind(f"{text}; {_ADVICE[kind]}", may_be_billed=may_be_billed, status=status or 0)
    if kind is CallMisconfigured:
        text += "; check the model's name and its parameters"
    return kind(text, may_be_billed=may_be_billed, retry_after_seconds=retry_after_seconds)


def page_title(page: str) -> str:
    """What an HTML page, or an error in XML, says it is: its title, else its text."""
    start = page[:_PAGE_CHARACTERS]
    titles = (pattern.search(start) for pattern in _PAGE_TITLES)
    found = (" ".join(html.unescape(title[1]).split()) for title in titles if title)
    text = " ".join(re.sub(r"<[^<>]*>", " ", start).split())
    return next((title for title in found if title), text)[:200]


def _read(value: object, message: str) -> ReportedError:
    levels = _levels(value, _MAX_DEPTH)
    codes = [code for level in levels if isinstance(level, dict) for code in _codes(cast("dict[str, Any]", level))]
    return ReportedError(
        message=message[:MAX_MESSAGE_CHARACTERS],
        names=" ".join(re.sub(r"[^a-z]", "", code.lower()[:100]) for code in codes),
        status=next((int(code) for code in codes if re.fullmatch("[45][0-9]{2}", code)), None),
    )


def _kind(error: ReportedError, status: int | None) -> type[CallFailed]:
    """Codes that name one cause, then the status, then less exact codes, then the message."""
    names, message = error.names, error.message
    if _TOO_LONG.search(names) or (status in (None, 400, 413, 422) and _TOO_LONG_MESSAGE.search(message)):
        return PromptTooLong
    if status == 408:
        return EndpointTimeout
    if status is not None and (status >= 500 or status == 409):
        return ProviderUnavailable if status in _UNAVAILABLE else ProviderError
    if _NO_CREDIT.search(names) or _KEY_INVALID_MESSAGE.search(message):
        return AuthenticationFailed
    if _RATE_LIMITED.search(names) or status == 429:
        return RateLimited
    if _REFUSED.search(names) or (status in (*_NOT_AUTHENTICATED, 404) and _REFUSED_MESSAGE.search(message)):
        return PromptRefused
    if status is None:
        return _kind_without_status(names, message)
    if status in _NOT_AUTHENTICATED:
        return AuthenticationFailed
    return AccessRefused if status == 404 else CallMisconfigured


def _kind_without_status(names: str, message: str) -> type[CallFailed]:
    found = next((kind for pattern, kind in _WITHOUT_STATUS if pattern.search(names)), None)
    return found or next((kind for pattern, kind in _BY_MESSAGE if pattern.search(message)), ProviderError)


def _levels(value: object, depth: int) -> list[object]:
    """The value and the errors nested in it, from the outside inwards."""
    if isinstance(value, list):
        return (
            [level for item in cast("list[object]", value)[:3] for level in _levels(item, depth - 1)] if depth else []
        )
    if not isinstance(value, dict) or not depth:
        return [value]
    body = cast("dict[str, object]", value)
    nested = (body[key] for key in _NESTED if isinstance(body.get(key), dict | list))
    return [body, *(level for inner in nested for level in _levels(inner, depth - 1))]


def _message(level: object) -> str:
    if isinstance(level, str):
        return f"the page {page_title(level)!r}" if level.lstrip().startswith("<") else level.strip()
    if not isinstance(level, dict):
        return ""
    body = cast("dict[str, Any]", level)
    candidates = (body.get(key) for key in (*_MESSAGES, "error"))
    return next((text.strip() for text in candidates if isinstance(text, str) and text.strip()), "")


def _codes(level: dict[str, Any]) -> list[str]:
    values = (level.get(key) for key in _CODES)
    return [str(value)[:100] for value in values if isinstance(value, str) or type(value) is int]


def _shown(value: object) -> str:
    try:
        return str(value)
    except (RecursionError, ValueError):
        return "an error that cannot be shown"
