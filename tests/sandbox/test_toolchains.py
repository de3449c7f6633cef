"""Compilers and Node.js outside of the system folders, as bubblewrap's sandboxes see them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Command, open_sandbox_provider
from assay.sandbox.bubblewrap import arguments
from assay.sandbox.bubblewrap.host_system import host_system
from assay.sandbox.bubblewrap.toolchains import Toolchain, find_toolchains, make_toolchain


def program(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def found(monkeypatch: pytest.MonkeyPatch, path: Path) -> dict[str, Toolchain]:
    """Those on this PATH, on a machine whose system folders have none."""
    monkeypatch.setenv("PATH", str(path))
    return {each.path: each for each in find_toolchains(system_path="/nowhere", usual_places="/nowhere")}


def test_a_toolchain_is_where_its_program_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "rust" / "bin", "rustc", "exit 0")
    program(tmp_path / "shims", "rustc", f'[ "$*" = "--print sysroot" ] && echo {tmp_path}/rust')
    program(tmp_path / "shims", "go", "exit 1")
    rust = found(monkeypatch, tmp_path / "shims")["/opt/rust/bin"]
    assert (rust.source, rust.target) == (tmp_path / "rust", "/opt/rust")


def test_a_home_folder_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", "go", f"echo {tmp_path}")
    monkeypatch.setenv("HOME", str(tmp_path / "someone"))
    assert "/opt/go/bin" not in found(monkeypatch, tmp_path / "bin")


def test_a_toolchain_below_usr_is_only_added_to_the_path() -> None:
    below_usr = make_toolchain(Path("/usr/local/go"), "go")
    assert (below_usr.path, below_usr.arguments(other_user=False)) == ("/usr/local/go/bin", ())


def test_another_user_gets_only_what_all_users_can_reach(tmp_path: Path) -> None:
    toolchain = Toolchain(path="/opt/go/bin", source=tmp_path / "private" / "go", target="/opt/go")
    (tmp_path / "private").mkdir(mode=0o700)
    assert toolchain.arguments(other_user=False) == ("--ro-bind", f"{tmp_path}/private/go", "/opt/go")
    assert toolchain.arguments(other_user=True) == ()


async def test_the_node_of_a_package_works_in_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        node = found(patched, Path("/nowhere"))["/opt/node/bin"]
    system = replace(host_system(), toolchains=(node,))
    monkeypatch.setattr(arguments, "host_system", lambda: system)
    async with open_sandbox_provider().open(SandboxSpec(memory_mb=512)) as sandbox:
        result = await sandbox.run(Command(argv=[f"{node.path}/node", "--print", "1 + 1"]))
    assert (result.exit_code, result.stdout) == (0, b"2\n")
