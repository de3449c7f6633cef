"""The tools of an agent in a real sandbox. Their errors are results and do not end the attempt."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from assay.contracts.tasks import SandboxSpec, Tool
from assay.sandbox import Sandbox, open_sandbox_provider
from services.runner.models import ToolCall
from services.runner.solvers.agent.tool_result import MAX_CHARACTERS, ToolResult, truncate_middle
from services.runner.solvers.agent.toolbox import Toolbox

WORKSPACE = {"a.txt": b"one\ntwo\nthree\n", "src/b.py": b"x = 1\n", "blob": b"\xff\xfe\x00"}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with open_sandbox_provider().open(SandboxSpec(wall_seconds=60, cpu_seconds=20)) as sandbox:
        await sandbox.write(WORKSPACE)
        yield sandbox


async def use(
    sandbox: Sandbox, *calls: tuple[str, dict[str, Any]], tools: tuple[Tool, ...] = tuple(Tool)
) -> ToolResult:
    """Makes the calls; returns the result of the last."""
    box = Toolbox(tools, sandbox, WORKSPACE)
    result = ToolResult(text="")
    for name, arguments in calls:
        result = await box.use(ToolCall(call_id="1", name=name, arguments=json.dumps(arguments)))
    return result


async def test_commands_return_their_output_and_exit_code(sandbox: Sandbox) -> None:
    result = await use(sandbox, ("bash", {"command": "cat a.txt | wc -l; echo oh >&2; exit 3"}))
    assert (result.text, result.failed) == ("3\nstderr:\noh\n[exit code 3]", False)
    result = await use(sandbox, ("python", {"code": "import os\nprint(os.getcwd(), open('src/b.py').read().strip())"}))
    assert result.text == "/workspace x = 1\n[exit code 0]"
    result = await use(sandbox, ("bash", {"command": "sleep 9", "timeout_seconds": 0.3}))
    assert result.text == "[killed: exceeded its wall limit]\n[exit code -9]"


async def test_long_output_is_cut_in_the_middle(sandbox: Sandbox) -> None:
    result = await use(sandbox, ("bash", {"command": "seq 20000"}))
    assert len(result.text) < MAX_CHARACTERS + 100
    assert result.text.startswith("1\n2\n")
    assert "characters omitted" in result.text
    assert "20000\n[exit code 0]" in result.text
    assert truncate_middle("x" * MAX_CHARACTERS) == "x" * MAX_CHARACTERS


async def test_a_command_that_prints_too_much_goes_on_and_says_how_much_was_cut(sandbox: Sandbox) -> None:
    result = await use(sandbox, ("bash", {"command": "yes | head -c 5000000; echo problem >&2; exit 3"}))
    note = "[output cut: the first 200,000 of 5,000,000 bytes are kept (the limit of each command)]"
    assert result.text.endswith(f"\n{note}\nstderr:\nproblem\n[exit code 3]")
    assert len(result.text) < MAX_CHARACTERS + 300
    assert result.stdout.endswith(f"y\n{note}\n".encode())
    assert (result.killed, result.truncated) == (False, True)


async def test_files_are_viewed_with_line_numbers(sandbox: Sandbox) -> None:
    view = {"command": "view", "path": "a.txt", "view_range": [2, -1]}
    assert (await use(sandbox, ("text_editor", view))).text == "     2\ttwo\n     3\tthree\n     4\t"
    assert (
        await use(sandbox, ("text_editor", {"command": "view", "path": "/workspace"}))
    ).text == "a.txt\nblob\nsrc/b.py"
    assert (await use(sandbox, ("text_editor", {"command": "view", "path": "src"}))).text == "src/b.py"


async def test_edits_can_be_undone(sandbox: Sandbox) -> None:
    change = {"command": "str_replace", "path": "a.txt", "old_str": "two", "new_str": "2\n2.5"}
    insert = {"command": "insert", "path": "/workspace/a.txt", "insert_line": 0, "insert_text": "zero\n"}
    undo = {"command": "undo", "path": "a.txt"}
    result = await use(sandbox, ("text_editor", change), ("text_editor", insert))
    assert result.text.startswith("a.txt is changed:\n     1\tzero\n     2\tone")
    assert await sandbox.read(["a.txt"]) == {"a.txt": b"zero\none\n2\n2.5\nthree\n"}
    await sandbox.write(WORKSPACE)
    await use(sandbox, ("text_editor", change), ("text_editor", insert), ("text_editor", undo))
    assert await sandbox.read(["a.txt"]) == {"a.txt": b"one\n2\n2.5\nthree\n"}


CRLF = b"one\r\ntwo\r\nthree\r\n"


@pytest.mark.parametrize(
    ("call", "content"),
    [
        ({"command": "str_replace", "old_str": "one\ntwo", "new_str": "1\n1.5\n2"}, b"1\r\n1.5\r\n2\r\nthree\r\n"),
        ({"command": "str_replace", "old_str": "two\r\nthree", "new_str": "2\r\n3"}, b"one\r\n2\r\n3\r\n"),
        ({"command": "str_replace", "old_str": "two", "new_str": "2\n2.5"}, b"one\r\n2\r\n2.5\r\nthree\r\n"),
        ({"command": "str_replace", "old_str": "two\n", "new_str": ""}, b"one\r\nthree\r\n"),
        ({"command": "insert", "insert_line": 1, "insert_text": "1\n2\n"}, b"one\r\n1\r\n2\r\ntwo\r\nthree\r\n"),
        ({"command": "insert", "insert_line": 4, "insert_text": "four\n"}, CRLF + b"four\r\n"),
        ({"command": "insert", "insert_line": 3, "insert_text": "four"}, CRLF + b"four\r\n"),
    ],
)
async def test_a_file_keeps_its_line_endings(sandbox: Sandbox, call: dict[str, Any], content: bytes) -> None:
    await sandbox.write({"a.txt": CRLF})
    result = await use(sandbox, ("text_editor", {**call, "path": "a.txt"}))
    assert "\r" not in result.text
    assert await sandbox.read(["a.txt"]) == {"a.txt": content}


async def test_only_the_replaced_lines_of_a_mixed_file_change(sandbox: Sandbox) -> None:
    await sandbox.write({"a.txt": b"one\r\ntwo\nthree\r\nfour"})
    change = {"command": "str_replace", "path": "a.txt", "old_str": "two\nthree", "new_str": "2\n3"}
    end = {"command": "insert", "path": "a.txt", "insert_line": 4, "insert_text": "five"}
    await use(sandbox, ("text_editor", change), ("text_editor", end))
    assert await sandbox.read(["a.txt"]) == {"a.txt": b"one\r\n2\n3\r\nfour\r\nfive"}
    view = await use(sandbox, ("text_editor", {"command": "view", "path": "a.txt"}))
    assert view.text == "     1\tone\n     2\t2\n     3\t3\n     4\tfour\n     5\tfive"


@pytest.mark.parametrize(
    ("old", "shown"),
    [
        ("one\ntwoo\nthree", "line 1, and line 2 is 'two', not 'twoo':\n     1\tone\n     2\ttwo\n"),
        ("  two\nthree", "The nearest text begins at line 2, and line 2 is 'two', not '  two':"),
        ("thre e", "The nearest text begins at line 3, and line 3 is 'three', not 'thre e':"),
        ("something else", "There is nothing like it in the file."),
    ],
)
async def test_the_nearest_text_is_shown_if_a_text_does_not_occur(sandbox: Sandbox, old: str, shown: str) -> None:
    for content in (b"one\ntwo\nthree\n", CRLF):
        await sandbox.write({"a.txt": content})
        change = {"command": "str_replace", "path": "a.txt", "old_str": old, "new_str": "x"}
        result = await use(sandbox, ("text_editor", change))
        assert result.failed
        assert result.text.startswith("error: old_str does not occur in a.txt")
        assert shown in result.text
        assert await sandbox.read(["a.txt"]) == {"a.txt": content}


async def test_undo_removes_a_created_file(sandbox: Sandbox) -> None:
    create = {"command": "create", "path": "new/c.py", "file_text": "c = 3\n"}
    assert (await use(sandbox, ("text_editor", create))).text == "new/c.py is created, 6 characters"
    assert await sandbox.read(["new/c.py"]) == {"new/c.py": b"c = 3\n"}
    other = {"command": "create", "path": "d.py", "file_text": "d = 4\n"}
    await use(sandbox, ("text_editor", other), ("text_editor", {"command": "undo", "path": "d.py"}))
    assert await sandbox.read(["d.py"]) == {}


async def test_git_diff_compares_with_the_initial_workspace(sandbox: Sandbox) -> None:
    assert (await use(sandbox, ("git_diff", {}))).text == "(no changes)"
    change = {"command": "str_replace", "path": "src/b.py", "old_str": "1", "new_str": "2"}
    create = {"command": "create", "path": "c.py", "file_text": "c = 3\n"}
    result = await use(sandbox, ("text_editor", change), ("text_editor", create), ("git_diff", {}))
    assert "-x = 1\n+x = 2\n" in result.text
    assert "new file mode 100644\n--- /dev/null\n+++ b/c.py" in result.text
    assert "c.py" not in (await use(sandbox, ("git_diff", {"path": "src/"}))).text


async def test_links_are_not_followed(sandbox: Sandbox) -> None:
    link = {"command": "ln -s /etc/passwd secret; ln -s / root"}
    for path in ("secret", "root/etc/passwd"):
        result = await use(sandbox, ("bash", link), ("text_editor", {"command": "view", "path": path}))
        assert (result.failed, "there is no file" in result.text) == (True, True)
    create = {"command": "create", "path": "root/tmp/x", "file_text": "x"}
    assert (await use(sandbox, ("text_editor", create))).failed


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("drill", {}, "error: there is no tool 'drill'; the tools are bash, python, text_editor, git_diff, submit"),
        ("bash", {}, "error: not a valid Bash: Object missing required field `command`"),
        ("bash", {"command": "ls", "shell": "zsh"}, "error: not a valid Bash"),
        ("bash", {"command": "echo \0"}, "error: the command has a NUL"),
        ("bash", {"command": "x" * 200_000}, "error: the command has a NUL or more than"),
        ("text_editor", {"command": "view", "path": "../etc/passwd"}, "error: path '../etc/passwd'"),
        ("text_editor", {"command": "view", "path": "/etc/passwd"}, "error: path '/etc/passwd' is absolute"),
        ("text_editor", {"command": "view", "path": "nowhere.py"}, "error: there is no file nowhere.py"),
        ("text_editor", {"command": "view", "path": "blob"}, "error: blob is not UTF-8 text (3 bytes)"),
        (
            "text_editor",
            {"command": "view", "path": "a.txt", "view_range": [9, 10]},
            "error: view_range [9, 10] is outside",
        ),
        ("text_editor", {"command": "create", "path": "c"}, "error: create needs file_text"),
        (
            "text_editor",
            {"command": "create", "path": "a.txt/b", "file_text": ""},
            "error: the files cannot be written",
        ),
        ("text_editor", {"command": "create", "path": "", "file_text": ""}, "error: "),
        (
            "text_editor",
            {"command": "insert", "path": "a.txt", "insert_line": 99, "insert_text": "x"},
            "error: insert_line",
        ),
        (
            "text_editor",
            {"command": "str_replace", "path": "a.txt", "old_str": "o"},
            "error: old_str occurs 2 times in a.txt",
        ),
        (
            "text_editor",
            {"command": "str_replace", "path": "a.txt", "old_str": "q"},
            "error: old_str does not occur in a.txt",
        ),
        ("text_editor", {"command": "undo", "path": "a.txt"}, "error: there is no edit of a.txt to undo"),
    ],
)
async def test_errors_tell_the_model_what_is_wrong(
    sandbox: Sandbox, name: str, arguments: dict[str, Any], error: str
) -> None:
    result = await use(sandbox, (name, arguments))
    assert result.failed
    assert result.text.startswith(error)
    assert await sandbox.read(["a.txt"]) == {"a.txt": WORKSPACE["a.txt"]}


@pytest.mark.parametrize("arguments", ["", "{", "[]", "null", '{"command": 1}', '{"command":"\ud800'])
async def test_unreadable_arguments_are_reported(sandbox: Sandbox, arguments: str) -> None:
    result = await Toolbox(tuple(Tool), sandbox, {}).use(ToolCall(call_id="1", name="bash", arguments=arguments))
    assert (result.failed, result.text[:24]) == (True, "error: not a valid Bash:")


async def test_only_the_tasks_tools_exist(sandbox: Sandbox) -> None:
    result = await use(sandbox, ("bash", {"command": "ls"}), tools=(Tool.PYTHON, Tool.SUBMIT))
    assert result.text == "error: there is no tool 'bash'; the tools are python, submit"
