"""The behaviour suite of every sandbox provider."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

import pytest

from assay.files import FilesRefused
from assay.sandbox import (
    Command,
    CommandResult,
    FilesMount,
    FolderMount,
    Limit,
    LineTooLong,
    Sandbox,
    SandboxProvider,
)
from tests.sandbox.harness import SPEC, open_descriptors, wait_until


def sh(script: str, **more: object) -> Command:
    return Command(argv=["sh", "-c", script], **more)  # pyright: ignore[reportArgumentType]


def run_python(script: str) -> Command:
    return Command(argv=["python3", "-c", script])


async def run(sandbox: Sandbox, script: str) -> CommandResult:
    return await sandbox.run(sh(script))


async def test_a_result_has_exit_code_and_outputs(sandbox: Sandbox) -> None:
    result = await run(sandbox, "echo out; echo err >&2; exit 7")
    assert (result.exit_code, result.stdout, result.stderr) == (7, b"out\n", b"err\n")
    assert result.killed_by is None and not result.stdout_truncated and not result.timed_out


async def test_a_signal_is_a_negative_exit_code(sandbox: Sandbox) -> None:
    assert (await run(sandbox, "kill -TERM $$")).exit_code == -15


async def test_a_missing_program_exits_with_127(sandbox: Sandbox) -> None:
    result = await sandbox.run(Command(argv=["no-such-program"]))
    assert result.exit_code == 127 and b"no-such-program" in result.stderr


async def test_a_file_that_is_not_executable_exits_with_126(sandbox: Sandbox) -> None:
    await sandbox.write({"data": b"x"})
    assert (await sandbox.run(Command(argv=["./data"]))).exit_code == 126


async def test_stdin_is_what_was_given_or_empty(sandbox: Sandbox) -> None:
    big = b"line\n" * 100_000
    assert (await sandbox.run(Command(argv=["wc", "-c"], stdin=big))).stdout.strip() == str(len(big)).encode()
    assert (await sandbox.run(Command(argv=["cat"]))).stdout == b""


async def test_the_environment_has_only_given_and_neutral_variables(sandbox: Sandbox) -> None:
    os.environ["ASSAY_CANARY_KEY"] = "canary-7f3a"
    try:
        result = await sandbox.run(sh("env", env={"GIVEN": "yes"}))
    finally:
        del os.environ["ASSAY_CANARY_KEY"]
    names = {line.partition("=")[0] for line in result.stdout.decode().splitlines()}
    assert "GIVEN" in names and "canary" not in result.stdout.decode()
    allowed = {
        "GIVEN", "PATH", "HOME", "TMPDIR", "LANG", "TZ", "PWD", "LD_LIBRARY_PATH", "ASSAY_SANDBOX", "OLDPWD", "_",
    }  # fmt: skip
    assert names <= allowed | {"SHLVL"}


async def test_python_and_its_standard_library_work(sandbox: Sandbox) -> None:
    assert (await sandbox.run(run_python("import json, ssl, sqlite3; print('ok')"))).stdout == b"ok\n"


async def test_files_can_be_written_and_read(sandbox: Sandbox) -> None:
    await sandbox.write({"src/a.py": b"print('hello')", "data.bin": bytes(range(256))})
    result = await sandbox.run(Command(argv=["python3", "a.py"], cwd="src"))
    assert result.stdout == b"hello\n"
    assert await sandbox.read(["src/", "*.bin"]) == {"src/a.py": b"print('hello')", "data.bin": bytes(range(256))}
    assert await sandbox.read(["src/b.py"]) == {}


async def test_written_files_can_be_changed_by_commands_and_replaced_by_the_host(sandbox: Sandbox) -> None:
    await sandbox.write({"a": b"1"})
    assert (await run(sandbox, "echo 2 >> a && cat a")).stdout == b"12\n"
    await sandbox.write({"a": b"3"})
    assert await sandbox.read(["a"]) == {"a": b"3"}


async def test_links_and_pipes_are_not_read(sandbox: Sandbox) -> None:
    await run(sandbox, "ln -s /etc/passwd l; mkfifo p; ln -s /etc d; mkdir real; echo x > real/x; ln real/x hard")
    assert await sandbox.read(["*"]) == {"real/x": b"x\n", "hard": b"x\n"}


async def test_writing_does_not_follow_links(sandbox: Sandbox, tmp_path: Path) -> None:
    await run(sandbox, f"ln -s {tmp_path} d; ln -s {tmp_path}/f f")
    await sandbox.write({"f": b"mine"})
    with pytest.raises(FilesRefused):
        await sandbox.write({"d/x": b"1"})
    assert not any(os.scandir(tmp_path)) and await sandbox.read(["f"]) == {"f": b"mine"}


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "a//b", "a\\b", "a\0b", ""])
async def test_unsafe_paths_are_refused(sandbox: Sandbox, path: str) -> None:
    with pytest.raises(FilesRefused):
        await sandbox.write({path: b""})


async def test_names_that_differ_by_case_alone_are_refused(sandbox: Sandbox) -> None:
    await run(sandbox, "echo 1 > A; echo 2 > a")
    with pytest.raises(FilesRefused):
        await sandbox.read(["*"])


async def test_a_sleeping_command_is_killed_at_its_timeout(sandbox: Sandbox) -> None:
    """Retried with a longer timeout if the machine is too busy to start the command in time."""
    for seconds in (0.3, 5.0, 30.0):
        result = await sandbox.run(sh("echo before; sleep 600", timeout_seconds=seconds))
        assert result.killed_by is Limit.WALL and result.timed_out and result.exit_code == -9
        assert seconds <= result.duration_seconds < SPEC.wall_seconds
        if result.stdout:
            break
    assert result.stdout == b"before\n"


async def test_a_sandbox_is_usable_after_a_limit_was_exceeded(sandbox: Sandbox) -> None:
    assert (await sandbox.run(sh("sleep 600", timeout_seconds=0.1))).killed_by is Limit.WALL
    assert (await run(sandbox, "echo on")).stdout == b"on\n"


async def test_a_daemon_that_keeps_stdout_open_does_not_delay_the_result(sandbox: Sandbox) -> None:
    result = await run(sandbox, "sleep 600 & echo done")
    assert result.stdout == b"done\n" and result.killed_by is None and result.duration_seconds < SPEC.wall_seconds


async def test_daemons_die_at_close(provider: SandboxProvider) -> None:
    mark = f"611.{os.getpid()}{time.monotonic_ns() % 10**6}"
    async with provider.open(SPEC) as sandbox:
        await run(sandbox, f"setsid sleep {mark} & (setsid sh -c 'sleep {mark} & wait' &)")
        assert await wait_until(lambda: len(_running(mark)) == 2)
    assert await wait_until(lambda: not _running(mark))


async def test_a_live_process_is_read_line_by_line(sandbox: Sandbox) -> None:
    process = await sandbox.start(Command(argv=["cat"], stdin=b"first\n"))
    assert await process.read_line() == b"first\n"
    await process.write(b"second\nhalf")
    assert await process.read_line() == b"second\n"
    await process.write(b"", last=True)
    assert await process.read_line() == b"half"
    assert await process.read_line() == b""
    assert (await process.wait()).exit_code == 0


async def test_unread_lines_are_in_the_result(sandbox: Sandbox) -> None:
    process = await sandbox.start(sh("echo a; echo b; echo c >&2"))
    assert await process.read_line() == b"a\n"
    result = await process.wait()
    assert (result.stdout, result.stderr) == (b"b\n", b"c\n")


async def test_lines_can_be_read_after_the_end(sandbox: Sandbox) -> None:
    process = await sandbox.start(run_python("print('x' * 99_999, flush=True); print('y')"))
    await asyncio.sleep(0.3)
    assert await process.read_line() == b"x" * 99_999 + b"\n"
    assert [await process.read_line(), await process.read_line()] == [b"y\n", b""]
    assert (await process.wait()).stdout == b""


async def test_a_live_process_can_be_killed(sandbox: Sandbox) -> None:
    process = await sandbox.start(Command(argv=["sleep", "60"]))
    await process.kill()
    await process.kill()
    result = await process.wait()
    assert result.exit_code == -9 and result.killed_by is None
    assert await process.read_line() == b""


async def test_a_live_process_is_killed_at_its_timeout_during_a_read(sandbox: Sandbox) -> None:
    process = await sandbox.start(sh("sleep 60", timeout_seconds=0.3))
    assert await process.read_line() == b""
    assert (await process.wait()).killed_by is Limit.WALL


async def test_a_line_above_the_limit_raises(sandbox: Sandbox) -> None:
    process = await sandbox.start(sh("head -c 2000000 /dev/zero; sleep 60"))
    with pytest.raises(LineTooLong):
        await process.read_line(10_000)
    await process.kill()


async def test_a_process_that_is_not_read_is_paused_and_loses_nothing(sandbox: Sandbox) -> None:
    process = await sandbox.start(run_python("for i in range(200_000): print(i)"))
    await asyncio.sleep(0.3)
    for number in range(200_000):
        assert await process.read_line() == b"%d\n" % number
    assert (await process.wait()).exit_code == 0


async def test_writing_to_an_ended_process_does_nothing(sandbox: Sandbox) -> None:
    process = await sandbox.start(Command(argv=["true"]))
    await process.wait()
    await process.write(b"x" * 1_000_000)


async def test_commands_run_concurrently(sandbox: Sandbox) -> None:
    results = await asyncio.gather(*(run(sandbox, f"sleep 0.2; echo {number}") for number in range(4)))
    assert [result.stdout for result in results] == [b"0\n", b"1\n", b"2\n", b"3\n"]


async def test_mounts_can_be_read(provider: SandboxProvider, packages: Path) -> None:
    mounts = [
        FilesMount(path="/tests", files={"unit/test_a.py": b"hidden"}),
        FolderMount(path="/opt/packages/deeper", folder=packages),
    ]
    async with provider.open(SPEC, mounts=mounts) as sandbox:
        hidden, path = sandbox.locate("/tests/unit/test_a.py"), sandbox.locate("/opt/packages/deeper")
        script = f"cat {hidden}; python3 -c 'import module; print(module.x)'"
        result = await sandbox.run(sh(script, env={"PYTHONPATH": path}))
        assert result.stdout == b"hidden5\n", result.stderr
        assert await sandbox.read(["*"]) == {}


async def test_cancelling_a_run_kills_the_command(sandbox: Sandbox) -> None:
    mark = f"621.{os.getpid()}{time.monotonic_ns() % 10**6}"
    running = asyncio.create_task(run(sandbox, f"sleep {mark}"))
    assert await wait_until(lambda: _running(mark))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await wait_until(lambda: not _running(mark), SPEC.wall_seconds / 2)


async def test_no_descriptors_or_folders_are_left_on_the_host(provider: SandboxProvider) -> None:
    async with provider.open(SPEC):
        """Some providers keep a connection to their daemon from here on."""
    descriptors, folders = open_descriptors(), workspaces()
    for _ in range(3):
        async with provider.open(SPEC) as sandbox:
            await sandbox.write({"a": b"1"})
            await run(sandbox, "chmod 000 a; mkdir -p d/e; chmod 000 d")
    assert await wait_until(lambda: open_descriptors() <= descriptors)
    left = workspaces() - folders
    assert await wait_until(lambda: not any(folder.exists() for folder in left), 200), (
        "folders of other tests disappear in time"
    )


async def test_check_reports_the_provider_available(provider: SandboxProvider) -> None:
    availability = await provider.check()
    assert availability.available, availability.reason
    assert availability.limits


def _running(mark: str) -> list[str]:
    """Pids of ``sleep`` processes on the host that have the mark as argument."""
    found: list[str] = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if arguments[:2] == [b"sleep", mark.encode()]:
            found.append(path.parent.name)
    return found


def workspaces() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("assay-sandbox-*"))
