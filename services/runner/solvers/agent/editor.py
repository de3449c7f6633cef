"""The tool ``text_editor``: views and edits files of the workspace, as data, from outside the sandbox."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from glob import escape

from assay.files import FilesRefused, check_path
from assay.sandbox import Command, Sandbox
from services.runner.solvers.agent.definitions import TextEditor
from services.runner.solvers.agent.replacement import find_once, numbered, with_endings
from services.runner.solvers.agent.tool_result import ToolError, truncate_middle
from services.runner.solvers.patches.file_lines import FileLines
from services.runner.text import to_bytes

_MAX_FILE_BYTES = 2_000_000
_MAX_UNDO_BYTES = 16_000_000
_CONTEXT_LINES = 3
_MAX_LISTED = 200


class Editor:
    """``undo`` only reverts edits made with this tool."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._edits: deque[tuple[str, bytes | None]] = deque()
        self._edits_bytes = 0
        self._commands: dict[str, Callable[[TextEditor, str], Awaitable[str]]] = {
            "view": self._view,
            "create": self._create,
            "str_replace": self._replace,
            "insert": self._insert,
            "undo": self._undo,
        }

    async def use(self, call: TextEditor) -> str:
        """The text of the result. Raises ToolError, FilesRefused or SandboxError."""
        path = call.path.removeprefix("/workspace/").removeprefix("./").rstrip("/")
        if path in ("", ".", "/workspace"):
            path = ""
        else:
            check_path(path)
        return await self._commands[call.command](call, path)

    async def _view(self, call: TextEditor, path: str) -> str:
        content = await self._read(path) if path else None
        if content is None:
            return await self._listing(path)
        lines = _text(content, path).split("\n")
        first, last = call.view_range or (1, -1)
        last = len(lines) if last == -1 else min(last, len(lines))
        if not 1 <= first <= last:
            raise ToolError(f"view_range {list(call.view_range or ())} is outside {path}, which has {len(lines)} lines")
        return truncate_middle(numbered(lines, first, last))

    async def _create(self, call: TextEditor, path: str) -> str:
        if call.file_text is None:
            raise ToolError("create needs file_text")
        before = await self._write(path, to_bytes(call.file_text))
        return f"{path} is {'written anew' if before is not None else 'created'}, {len(call.file_text)} characters"

    async def _replace(self, call: TextEditor, path: str) -> str:
        old, new = call.old_str, call.new_str or ""
        if not old:
            raise ToolError("str_replace needs old_str, the text to replace")
        text = await self._text(path)
        at, end = await asyncio.to_thread(find_once, text, old, path)
        changed = text[:at] + with_endings(new, text[at:end], text) + text[end:]
        await self._write(path, to_bytes(changed))
        first = text.count("\n", 0, at) + 1
        return f"{path} is changed:\n{_excerpt(changed, first, first + new.count(chr(10)))}"

    async def _insert(self, call: TextEditor, path: str) -> str:
        if call.insert_line is None or call.insert_text is None:
            raise ToolError("insert needs insert_line and insert_text")
        lines = FileLines((await self._text(path)).encode())
        shown = len(lines.texts) + lines.final_newline
        if not 0 <= call.insert_line <= shown:
            raise ToolError(f"insert_line {call.insert_line} is outside {path}, which has {shown} lines")
        added = [line.removesuffix("\r") for line in call.insert_text.removesuffix("\n").split("\n")]
        lines.replace(call.insert_line, call.insert_line, added, [lines.usual_ending()] * len(added))
        changed = lines.encode().decode()
        await self._write(path, to_bytes(changed))
        return f"{path} is changed:\n{_excerpt(changed, call.insert_line + 1, call.insert_line + len(added))}"

    async def _undo(self, call: TextEditor, path: str) -> str:
        at = next((at for at in reversed(range(len(self._edits))) if self._edits[at][0] == path), None)
        if at is None:
            raise ToolError(f"there is no edit of {call.path} to undo")
        before = self._edits[at][1]
        if before is None:
            await self._sandbox.run(Command(argv=("rm", "-f", "--", path)))
        else:
            await self._sandbox.write({path: before})
        del self._edits[at]
        self._edits_bytes -= len(before or b"")
        return f"{'removed' if before is None else 'reverted the last edit of'} {path}"

    async def _text(self, path: str) -> str:
        content = await self._read(path) if path else None
        if content is None:
            raise ToolError(f"there is no file {path or '/workspace'}; view /workspace to list all files")
        return _text(content, path)

    async def _read(self, path: str) -> bytes | None:
        return (await self._sandbox.read([escape(path)])).get(path)

    async def _write(self, path: str, content: bytes) -> bytes | None:
        """Returns the previous content, and remembers it for ``undo``."""
        if len(content) > _MAX_FILE_BYTES:
            raise ToolError(f"{len(content)} bytes exceed the editor's limit of {_MAX_FILE_BYTES}; use bash")
        before = await self._read(path)
        await self._sandbox.write({path: content})
        self._edits.append((path, before))
        self._edits_bytes += len(before or b"")
        while self._edits_bytes > _MAX_UNDO_BYTES:
            self._edits_bytes -= len(self._edits.popleft()[1] or b"")
        return before

    async def _listing(self, path: str) -> str:
        try:
            found = sorted(await self._sandbox.read([f"{escape(path)}/*" if path else "*"]))
        except FilesRefused as error:
            raise ToolError(f"there are too many files to list: {error}; use bash") from error
        if path and not found:
            raise ToolError(f"there is no file {path}; view /workspace to list all files")
        rest = f"\n[and {len(found) - _MAX_LISTED} more]" if len(found) > _MAX_LISTED else ""
        return "\n".join(found[:_MAX_LISTED]) + rest if found else "(empty)"


def _text(content: bytes, path: str) -> str:
    if len(content) > _MAX_FILE_BYTES:
        raise ToolError(f"{path} has {len(content)} bytes, over the editor's limit of {_MAX_FILE_BYTES}; use bash")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ToolError(f"{path} is not UTF-8 text ({len(content)} bytes); use bash") from error


def _excerpt(text: str, first: int, last: int) -> str:
    lines = text.split("\n")
    return truncate_middle(numbered(lines, max(1, first - _CONTEXT_LINES), min(len(lines), last + _CONTEXT_LINES)))
