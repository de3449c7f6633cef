"""What the patterns of the contracts mean, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from assay.contracts.checks import Locale
from assay.contracts.codec import WITHOUT_NUL
from assay.contracts.live import Topic
from assay.contracts.models import ModelName
from assay.contracts.money import Usd
from assay.contracts.providers import BaseUrl, EnvName, ListedModelName, ProviderId
from assay.contracts.sandboxspec import EgressHost, FolderPath, ImageName
from assay.contracts.tasks import TaskId

NO_CONTROL_CHARACTERS = r"^[^\x00-\x1f\x7f]*$"
ID = "^[0-9a-z]*$"
PRINTABLE_ASCII = "^[!-~]*$"


def pattern(kind: Any) -> str:
    """The pattern of an annotated text."""
    return next(meta.pattern for meta in get_args(kind)[1:] if getattr(meta, "pattern", None))


FORMATS: Mapping[str, str] = {
    pattern(ModelName): "a model name such as openai/gpt-4o-mini (letters, digits and ._:@/-)",
    pattern(Usd): 'US dollars as a decimal string such as "0.25"',
    pattern(Topic): "runs, run:<id>, attempt:<id>, leaderboard or leaderboard:<suite>",
    pattern(TaskId): "a task id: lower-case letters, digits and _, at most 64 characters",
    pattern(Locale): "a language such as en, de or pt-BR",
    pattern(FolderPath): "an absolute path of letters, digits and ._- such as /var/lib/data",
    pattern(ImageName): "an image name such as assay/sandbox-python:latest",
    pattern(EgressHost): "a host in lower case such as example.org or example.org:8443",
    NO_CONTROL_CHARACTERS: "text without control characters",
    WITHOUT_NUL: "text without NUL characters",
    ID: "an id of lower-case letters and digits",
    PRINTABLE_ASCII: "printable ASCII characters without spaces",
    pattern(ProviderId): "letters, digits and _.-, at most 64 characters",
    pattern(ListedModelName): "letters, digits and _.:@/-",
    pattern(BaseUrl): "an address that begins with http:// or https://",
    pattern(EnvName): "the name of a variable such as MY_API_KEY",
}
