"""The operator's manual, by topic."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files


@cache
def manual() -> dict[str, str]:
    """The text of each topic."""
    text = files("assay.catalog.plant").joinpath("manual.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (\w+)\n", text, flags=re.MULTILINE)
    return {topic: body.strip() for topic, body in zip(parts[1::2], parts[2::2], strict=True)}
