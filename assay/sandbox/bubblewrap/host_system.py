"""What every bubblewrap sandbox sees of this host: its programs, our interpreter, and /proc without machine details.
Computed once, because it does not change."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assay.sandbox.bubblewrap.toolchains import Toolchain, find_toolchains
from assay.sandbox.init.init_protocol import BASE_ENVIRONMENT

PYTHON_FOLDER = "/opt/python"
_SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_HIDDEN_PROC_FILES = (
    *("cmdline", "keys", "key-users", "kallsyms", "timer_list", "interrupts", "kcore", "modules", "sched_debug"),
    *("vmallocinfo", "kpagecount", "kpageflags", "kpagecgroup", "sysrq-trigger"),
)
"""Files in /proc that reveal details of the machine or control it; masked where they exist."""


@dataclass(frozen=True, kw_only=True)
class HostSystem:
    """``system_arguments`` and ``proc_arguments`` are arguments for bwrap. ``python`` is the path inside the sandbox
    of the interpreter that runs this process. ``environment`` is the base environment of every command."""

    python: str
    environment: dict[str, str]
    system_arguments: tuple[str, ...]
    toolchains: tuple[Toolchain, ...]
    proc_arguments: tuple[str, ...]


def host_system() -> HostSystem:
    return _host_system(sys.base_prefix)


@cache
def _host_system(base_prefix: str) -> HostSystem:
    base = Path(base_prefix).resolve()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folder = str(base) if base.is_relative_to("/usr") else PYTHON_FOLDER
    found = tuple(find_toolchains())
    return HostSystem(
        python=f"{folder}/bin/{version}",
        environment=_environment(base, folder, found),
        system_arguments=(*_system_folders(), *(() if folder == str(base) else _python(base, version))),
        toolchains=found,
        proc_arguments=tuple(_proc()),
    )


def _environment(base: Path, folder: str, found: tuple[Toolchain, ...]) -> dict[str, str]:
    env = dict(BASE_ENVIRONMENT)
    env["PATH"] = ":".join([env["PATH"], *(toolchain.path for toolchain in found)])
    if folder == PYTHON_FOLDER:
        env["PATH"] = f"{PYTHON_FOLDER}/bin:{env['PATH']}"
        if any((base / "lib").glob("libpython*.so*")):
            env["LD_LIBRARY_PATH"] = f"{PYTHON_FOLDER}/lib"
    return env


def _system_folders() -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    for name in _SYSTEM_FOLDERS:
        folder = Path("/", name)
        if folder.is_symlink():
            yield from ("--symlink", str(folder.readlink()), str(folder))
        elif folder.is_dir():
            yield from ("--ro-bind", str(folder), str(folder))


def _python(base: Path, version: str) -> Iterator[str]:
    """Our interpreter at a neutral path, without the packages installed on this host."""
    yield from ("--ro-bind", str(base), PYTHON_FOLDER)
    packages = f"lib/{version}/site-packages"
    if (base / packages).is_dir():
        yield from ("--tmpfs", f"{PYTHON_FOLDER}/{packages}", "--remount-ro", f"{PYTHON_FOLDER}/{packages}")


def _proc() -> Iterator[str]:
    """Mounted read-only, because file ownership would allow some users to write kernel settings."""
    yield from ("--ro-bind", "/proc/sys", "/proc/sys")
    for name in _HIDDEN_PROC_FILES:
        if Path("/proc", name).exists():
            yield from ("--ro-bind", "/dev/null", f"/proc/{name}")
