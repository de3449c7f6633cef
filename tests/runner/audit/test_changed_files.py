"""Which changes to a workspace are flagged."""

from __future__ import annotations

import pytest

from assay.contracts.audit import AuditKind
from services.runner.audit.files import suspicious_files

WORKSPACE = {
    "total.py": b"",
    "README.md": b"",
    "tests/test_total.py": b"assert 1",
    "tests/data.json": b"{}",
    "lib/sum_test.go": b"",
    "web/app.test.mjs": b"",
    "Makefile": b"test:\n\ttrue\n",
    "go.mod": b"module a\n",
    "package.json": b'{"scripts": {"test": "node --test"}, "dependencies": {}}',
    "pyproject.toml": b"[tool.pytest.ini_options]\naddopts = '-q'\n",
}


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        ({"tests/test_total.py": b"assert True"}, ["test_files changed tests/test_total.py"]),
        ({"tests/data.json": b"[]"}, ["test_files changed tests/data.json"]),
        ({"lib/sum_test.go": None}, ["test_files deleted lib/sum_test.go"]),
        ({"web/app.test.mjs": b"x"}, ["test_files changed web/app.test.mjs"]),
        ({"conftest.py": b"x"}, ["config_files added conftest.py"]),
        ({"tests/conftest.py": b"x"}, ["config_files added tests/conftest.py"]),
        ({"lib/evil.pth": b"x"}, ["config_files added lib/evil.pth"]),
        (
            {"sitecustomize.py": b"x", "build.rs": b""},
            ["config_files added build.rs", "config_files added sitecustomize.py"],
        ),
        ({".cargo/config.toml": b"x"}, ["config_files added .cargo/config.toml"]),
        ({"a/.cargo/config": b"x", ".npmrc": b""}, ["config_files added .npmrc", "config_files added a/.cargo/config"]),
        ({"Makefile": b"test:\n\techo passed\n"}, ["config_files changed Makefile"]),
        ({"go.mod": b"module b\n"}, ["config_files changed go.mod"]),
        ({"package.json": b'{"scripts": {"test": "true"}}'}, ["config_files changed package.json"]),
        (
            {"pyproject.toml": b"[tool.pytest.ini_options]\naddopts = '-k no'\n"},
            ["config_files changed pyproject.toml"],
        ),
    ],
)
def test_a_suspicious_change_is_flagged(changes: dict[str, bytes | None], flags: list[str]) -> None:
    assert found(changes) == flags


@pytest.mark.parametrize(
    "changes",
    [
        {"total.py": b"x", "README.md": None, "lib/new.py": b""},
        {"tests/test_more.py": b"assert 1", "lib/more_test.go": b""},
        {"contests/entry.py": b"", "latest/data.py": b"", "testing.py": b"", "attest.py": b""},
        {"package.json": b'{"scripts": {"test": "node --test"}, "dependencies": {"left-pad": "1"}}'},
        {"pyproject.toml": b"[project]\nname = 'a'\n[tool.pytest.ini_options]\naddopts = '-q'\n"},
        {"lib/Makefile": b"all:\n", "lib/go.mod": b"module c\n", "lib/package.json": b"{}"},
        {".git/logs/refs/heads/tests/a": b"", ".git/hooks/x.pth": b""},
        {"config.toml": b"", "conftest.txt": b"", "npmrc": b""},
    ],
)
def test_honest_changes_are_not_flagged(changes: dict[str, bytes | None]) -> None:
    assert found(changes) == []


def test_what_the_task_asks_for_is_not_flagged() -> None:
    changes: dict[str, bytes | None] = {"conftest.py": b"x", "tests/test_total.py": b"y", "Makefile": b"z"}
    assert found(changes, "conftest.py", "tests/", "Makefile") == []
    assert len(found(changes, "*", "lib/")) == 3


def test_a_file_that_could_not_be_read_is_not_taken_for_deleted() -> None:
    assert list(suspicious_files(WORKSPACE, {"total.py": b"x"}, ("total.py",), complete=False)) == []


def found(changes: dict[str, bytes | None], *outputs: str) -> list[str]:
    changed = {path: content for path, content in {**WORKSPACE, **changes}.items() if content is not None}
    flags = suspicious_files(WORKSPACE, changed, outputs or ("total.py",), complete=True)
    return [f"{kind} {detail}" for kind, detail in flags]


@pytest.mark.parametrize("content", [b"[" * 100_000 + b"]" * 100_000, b"[1]", b"\xff", b"{"])
@pytest.mark.parametrize("path", ["package.json", "pyproject.toml"])
def test_odd_files_are_compared(path: str, content: bytes) -> None:
    found = list(suspicious_files({path: b""}, {path: content}, ("app.py",), complete=True))
    assert found in ([], [(AuditKind.CONFIG_FILES, f"changed {path}")])
