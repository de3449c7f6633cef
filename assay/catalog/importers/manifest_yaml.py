"""Writes ``task.yaml`` and suites so that the catalogue's strict reader reads back the same values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_ALLOWED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def manifest_yaml(values: Mapping[str, Any]) -> bytes:
    """Fields in their order, long texts as blocks, no aliases."""
    text = yaml.dump(dict(values), Dumper=_ManifestDumper, sort_keys=False, allow_unicode=True, width=100)
    return text.encode()


def printable_text(text: str) -> str:
    """Without carriage returns, and with every character that YAML does not allow replaced."""
    return _NOT_ALLOWED.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


class _ManifestDumper(_Dumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: Any, text: str) -> Any:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", _SURROGATE.sub("\ufffd", text), style=style)


_ManifestDumper.add_representer(str, _represent_text)
