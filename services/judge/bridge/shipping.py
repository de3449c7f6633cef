"""What is mounted in the two sandboxes: our own programs, and pytest's packages for the tests' one."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from assay.sandbox import FilesMount, FolderMount

PROGRAMS = "/opt/judge"
PACKAGES = "/opt"
TESTS = "/tests"
_HOST = ("atoms", "changes", "codec", "host", "lent", "wire")
_TRIAL = (
    "atoms",
    "candidate",
    "changes",
    "codec",
    "imports",
    "lending",
    "link",
    "plugin",
    "proxy",
    "raised",
    "trial",
    "wire",
)
_PYTEST = ("_pytest", "pytest", "pluggy", "iniconfig", "packaging", "pygments")


@cache
def host_mount() -> FilesMount:
    return _programs(_HOST)


@cache
def trial_mounts() -> tuple[FilesMount | FolderMount, ...]:
    folders = (FolderMount(path=f"{PACKAGES}/{name}", folder=_package(name)) for name in _PYTEST)
    programs = _programs(_TRIAL)
    return (FilesMount(path=PROGRAMS, files={**programs.files, "py.py": _origin("py").read_bytes()}), *folders)


def _programs(names: tuple[str, ...]) -> FilesMount:
    folder = Path(__file__).parent
    files = {f"bridge/{name}.py": (folder / f"{name}.py").read_bytes() for name in names}
    return FilesMount(path=PROGRAMS, files={"bridge/__init__.py": b"", **files})


def _package(name: str) -> Path:
    return _origin(name).parent


def _origin(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} is not installed: pip install 'assay[judge]'")
    return Path(spec.origin)
