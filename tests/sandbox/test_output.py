"""Output above its limit is dropped and counted, while the command goes on."""

from __future__ import annotations

from assay.sandbox import Command, Limit, Sandbox, cut_note
from tests.sandbox.harness import SPEC


def sh(script: str, **more: object) -> Command:
    return Command(argv=["sh", "-c", script], **more)  # pyright: ignore[reportArgumentType]


async def test_output_above_the_limit_is_truncated_and_marked(sandbox: Sandbox) -> None:
    result = await sandbox.run(sh("yes | head -c 5000; echo end >&2", output_bytes=1024))
    assert len(result.stdout) == 1024 and result.stdout_dropped_bytes == 5000 - 1024
    assert result.stderr == b"end\n" and not result.stderr_truncated
    assert result.killed_by is None and result.exit_code == 0


async def test_a_command_that_prints_more_than_its_limit_goes_on(sandbox: Sandbox) -> None:
    """To both streams, two hundred times the limit; nothing of what is dropped is stored anywhere."""
    size = 200 * SPEC.output_bytes
    result = await sandbox.run(sh(f"yes | head -c {size}; yes | head -c {size} >&2; echo done > file; df -k . >&2"))
    assert (result.exit_code, result.killed_by) == (0, None)
    assert len(result.stdout) == len(result.stderr) == SPEC.output_bytes
    assert result.stdout_dropped_bytes == size - SPEC.output_bytes
    assert result.stderr_dropped_bytes > size - SPEC.output_bytes
    assert await sandbox.read(["file"]) == {"file": b"done\n"}


async def test_endless_output_ends_at_the_time_limit(sandbox: Sandbox) -> None:
    result = await sandbox.run(sh("yes", timeout_seconds=3.0))
    assert result.killed_by is Limit.WALL and len(result.stdout) == SPEC.output_bytes and result.stdout_truncated


def test_a_log_says_how_much_was_cut() -> None:
    assert cut_note(b"abc", 0, "limit") == b""
    assert cut_note(b"x" * 1000, 4000, "limit") == (
        b"\n[output cut: the first 1,000 of 5,000 bytes are kept (limit)]\n"
    )
    assert cut_note(b"x\n", 1, "limit").startswith(b"[output cut")


async def test_a_daemon_that_floods_stdout_does_not_delay_the_result(sandbox: Sandbox) -> None:
    process = await sandbox.start(sh("yes & echo on; exit 3"))
    result = await process.wait()
    assert (result.exit_code, result.killed_by) == (3, None)
