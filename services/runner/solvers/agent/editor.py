"""The tool ``text_editor``: one file of the workspace, viewed and edited from outside the sandbox, as data."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from glob import escape

from assay.files import FilesRefused, check_path
from assay.sandbox import Command, Sandbox
from services.runner.solvers.agent.definitions import TextEditor
from services.runner.solvers.agent.tool_result import ToolRefused, capped
from services.runner.text import to_bytes

_MAX_FILE_BYTES = 2_000_000
_MAX_UNDO_BYTES = 16_000_000
_AROUND_LINES = 3
_LISTED = 200


class Editor:
    """``undo`` knows the edits made here; what commands change is not among them."""

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

    async def use(self, asked: TextEditor) -> str:
        """What to tell the model. Raises ToolRefused, FilesRefused or SandboxError."""
        path = asked.path.removeprefix("/workspace/").removeprefix("./").rstrip("/")
        if path in ("", ".", "/workspace"):
            path = ""
        else:
            check_path(path)
        return await self._commands[asked.command](asked, path)

    async def _view(self, asked: TextEditor, path: str) -> str:
        content = await self._read(path) if path else None
        if content is None:
            return await self._listing(path)
        lines = _text(content, path).split("\n")
        first, last = asked.view_range or (1, -1)
        last = len(lines) if last == -1 else min(last, len(lines))
        if not 1 <= first <= last:
            raise ToolRefused(
                f"view_range {list(asked.view_range or ())} is not in {path}, which has {len(lines)} lines"
            )
        return capped(_numbered(lines, first, last))

    async def _create(self, asked: TextEditor, path: str) -> str:
        if asked.file_text is None:
            raise ToolRefused("create needs file_text")
        before = await self._write(path, to_bytes(asked.file_text))
        return f"{path} is {'written anew' if before is not None else 'created'}, {len(asked.file_text)} characters"

    async def _replace(self, asked: TextEditor, path: str) -> str:
        old, new = asked.old_str, asked.new_str or ""
        if not old:
            raise ToolRefused("str_replace needs old_str, the text to be replaced")
        text = await self._text(path)
        found = text.count(old)
        if found != 1:
            where = "nowhere" if not found else f"{found} times"
            raise ToolRefused(f"old_str is {where} in {path}, and must be there exactly once; nothing was changed")
        at = text.index(old)
        changed = text[:at] + new + text[at + len(old) :]
        await self._write(path, to_bytes(changed))
        first = text.count("\n", 0, at) + 1
        return f"{path} is changed:\n{_around(changed, first, first + new.count(chr(10)))}"

    async def _insert(self, asked: TextEditor, path: str) -> str:
        if asked.insert_line is None or asked.insert_text is None:
            raise ToolRefused("insert needs insert_line and insert_text")
        lines = (await self._text(path)).split("\n")
        if not 0 <= asked.insert_line <= len(lines):
            raise ToolRefused(f"insert_line {asked.insert_line} is not in {path}, which has {len(lines)} lines")
        added = asked.insert_text.removesuffix("\n").split("\n")
        changed = "\n".join([*lines[: asked.insert_line], *added, *lines[asked.insert_line :]])
        await self._write(path, to_bytes(changed))
        return f"{path} is changed:\n{_around(changed, asked.insert_line + 1, asked.insert_line + len(added))}"

    async def _undo(self, asked: TextEditor, path: str) -> str:
        at = next((at for at in reversed(range(len(self._edits))) if self._edits[at][0] == path), None)
        if at is None:
            raise ToolRefused(f"there is no edit of {asked.path} to undo")
        before = self._edits[at][1]
        if before is None:
            await self._sandbox.run(Command(argv=("rm", "-f", "--", path)))
        else:
            await self._sandbox.write({path: before})
        del self._edits[at]
        self._edits_bytes -= len(before or b"")
        return f"{path} is {'removed again' if before is None else 'as it was before the last edit'}"

    async def _text(self, path: str) -> str:
        content = await self._read(path) if path else None
        if content is None:
            raise ToolRefused(f"there is no file {path or '/workspace'}; view /workspace to see what there is")
        return _text(content, path)

    async def _read(self, path: str) -> bytes | None:
        return (await self._sandbox.read([escape(path)])).get(path)

    async def _write(self, path: str, content: bytes) -> bytes | None:
        """What was there before, which is kept to go back to."""
        if len(content) > _MAX_FILE_BYTES:
            raise ToolRefused(
                f"{len(content)} bytes are more than the {_MAX_FILE_BYTES} that are edited here; use bash"
            )
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
            raise ToolRefused(f"too much to list: {error}; use bash") from error
        if path and not found:
            raise ToolRefused(f"there is no file {path}; view /workspace to see what there is")
        rest = f"\n[and {len(found) - _LISTED} more]" if len(found) > _LISTED else ""
        return "\n".join(found[:_LISTED]) + rest if found else "(empty)"


def _text(content: bytes, path: str) -> str:
    if len(content) > _MAX_FILE_BYTES:
        raise ToolRefused(
            f"{path} has {len(content)} bytes, more than the {_MAX_FILE_BYTES} that are shown here; use bash"
        )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ToolRefused(f"{path} is not UTF-8 text ({len(content)} bytes); use bash") from error


def _numbered(lines: list[str], first: int, last: int) -> str:
    return "\n".join(f"{number:6}\t{lines[number - 1]}" for number in range(first, last + 1))


def _around(text: str, first: int, last: int) -> str:
    lines = text.split("\n")
    return capped(_numbered(lines, max(1, first - _AROUND_LINES), min(len(lines), last + _AROUND_LINES)))
