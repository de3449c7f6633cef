"""What of this host every bubblewrap sandbox has: its programs, our interpreter, and /proc without what tells of the
machine. Looked up once, for it stays as it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assay.sandbox.protocol import WORKSPACE

PYTHON_FOLDER = "/opt/python"
_SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_MACHINES_OWN = (
    *("cmdline", "keys", "key-users", "kallsyms", "timer_list", "interrupts", "kcore", "modules", "sched_debug"),
    *("vmallocinfo", "kpagecount", "kpageflags", "kpagecgroup", "sysrq-trigger"),
)
"""What the kernel would say of the machine in /proc, or do to it, if it is there: nobody inside opens it."""


@dataclass(frozen=True, kw_only=True)
class Host:
    """``programs`` and ``kernel`` are arguments to bwrap. ``python`` is the interpreter's path in the sandbox: the one
    this process runs on. ``environment`` is all that a command's holds besides what it is given."""

    python: str
    environment: dict[str, str]
    programs: tuple[str, ...]
    kernel: tuple[str, ...]


def host() -> Host:
    return _host(sys.base_prefix)


@cache
def _host(base_prefix: str) -> Host:
    base = Path(base_prefix).resolve()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folder = str(base) if base.is_relative_to("/usr") else PYTHON_FOLDER
    return Host(
        python=f"{folder}/bin/{version}",
        environment=_environment(base, folder),
        programs=(*_system(), *(() if folder == str(base) else _python(base, version))),
        kernel=tuple(_kernel()),
    )


def _environment(base: Path, folder: str) -> dict[str, str]:
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": WORKSPACE, "TMPDIR": "/tmp", "LANG": "C.UTF-8", "TZ": "UTC"}
    if folder == PYTHON_FOLDER:
        env["PATH"] = f"{PYTHON_FOLDER}/bin:{env['PATH']}"
        if any((base / "lib").glob("libpython*.so*")):
            env["LD_LIBRARY_PATH"] = f"{PYTHON_FOLDER}/lib"
    return env


def _system() -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    for name in _SYSTEM_FOLDERS:
        folder = Path("/", name)
        if folder.is_symlink():
            yield from ("--symlink", str(folder.readlink()), str(folder))
        elif folder.is_dir():
            yield from ("--ro-bind", str(folder), str(folder))


def _python(base: Path, version: str) -> Iterator[str]:
    """Our interpreter under a neutral name, without the packages that this host happens to have beside it."""
    yield from ("--ro-bind", str(base), PYTHON_FOLDER)
    packages = f"lib/{version}/site-packages"
    if (base / packages).is_dir():
        yield from ("--tmpfs", f"{PYTHON_FOLDER}/{packages}", "--remount-ro", f"{PYTHON_FOLDER}/{packages}")


def _kernel() -> Iterator[str]:
    """Its settings are not to be written, whoever owns them."""
    yield from ("--ro-bind", "/proc/sys", "/proc/sys")
    for name in _MACHINES_OWN:
        if Path("/proc", name).exists():
            yield from ("--ro-bind", "/dev/null", f"/proc/{name}")
