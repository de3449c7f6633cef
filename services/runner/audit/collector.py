"""Collects the audit flags of one try."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from assay.contracts.audit import MAX_DETAIL_CHARACTERS, MAX_FLAGS, AuditFlag, AuditKind, AuditSource
from assay.contracts.codec import Malformed, decode
from assay.contracts.sandboxspec import Connection
from assay.files import Files
from services.runner.audit.commands import initialises_repository, suspicious_commands
from services.runner.audit.files import suspicious_files
from services.runner.text import clean

_COMMAND_FIELDS = ("command", "cmd", "code", "script", "path", "file", "args")
"""Arguments of tools that say what is run or read. Others, such as the new content of a file, are only data."""


class AuditCollector:
    """``offline`` is set once the sandbox is known. Flags that say the same are collected once."""

    def __init__(self) -> None:
        self.offline = True
        self._flags: dict[tuple[AuditKind, str], AuditFlag] = {}
        self._own_repository = False

    @property
    def flags(self) -> tuple[AuditFlag, ...]:
        return tuple(self._flags.values())[:MAX_FLAGS]

    def add_call(self, tool: str, arguments: str, step: int, result: str = "") -> None:
        """A tool call of a model; ``result`` is what it got back."""
        for text in _command_texts(arguments):
            self._own_repository = self._own_repository or initialises_repository(text)
            for kind, line in suspicious_commands(text, result, offline=self.offline):
                if kind is not AuditKind.GIT_HISTORY or not self._own_repository:
                    self._add(kind, f"{tool}: {line}", step)

    def add_files(self, before: Files, after: Files, outputs: Sequence[str], *, complete: bool) -> None:
        for kind, change in suspicious_files(before, after, outputs, complete=complete):
            self._add(kind, change)

    def add_connections(self, connections: Iterable[Connection], egress: Sequence[str]) -> None:
        """``egress`` names what the task may reach: that such a host cannot be reached is not the attempt's fault."""
        for each in connections:
            named = each.host in egress or f"{each.host}:{each.port}" in egress
            if each.host and not each.allowed and not named:
                self._add(AuditKind.NETWORK, f"a connection to {each.host}:{each.port} was refused: {each.reason}")

    def _add(self, kind: AuditKind, detail: str, step: int = 0) -> None:
        detail = clean(detail, MAX_DETAIL_CHARACTERS)
        flag = AuditFlag(kind=kind, detail=detail, source=AuditSource.RUNNER, step=step)
        self._flags.setdefault((kind, detail), flag)


def _command_texts(arguments: str) -> list[str]:
    """Empty for arguments that the tool does not accept either."""
    try:
        given: dict[str, Any] = decode(dict[str, Any], (arguments or "{}").encode())
    except (Malformed, UnicodeEncodeError):
        return []
    values = (given.get(name) for name in _COMMAND_FIELDS)
    texts = [" ".join(map(str, each)) if isinstance(each, list) else each for each in values]
    return [text for text in texts if isinstance(text, str)]
