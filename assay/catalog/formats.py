"""Names in the catalogue's files, and what their patterns mean in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from assay.validation import formats

MAX_SAMPLE_ID = 128

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=100_000)]
SampleId = Annotated[str, Meta(pattern=rf"^[A-Za-z0-9_-][A-Za-z0-9_.:/-]{{0,{MAX_SAMPLE_ID - 1}}}$")]

FORMATS: Mapping[str, str] = {
    **formats.FORMATS,
    formats.pattern(Name): "lower-case letters, digits, _ and -, at most 64 characters",
    formats.pattern(SampleId): f"an integer, or letters, digits and _.:/- in at most {MAX_SAMPLE_ID} characters",
}
