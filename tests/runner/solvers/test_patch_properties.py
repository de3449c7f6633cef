"""Patches against `git apply` and `patch`: the same result; and from a damaged patch the same result or none."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.runner.errors import AnswerUnusable
from services.runner.solvers.answer_parser import parse_answer

_GIT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_DIR": "/nonexistent",
    "PATH": os.defpath,
}
_HUNK = re.compile(r"^@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@.*$", re.MULTILINE)
_COMMON_LINES = (
    "",
    "x",
    "    x",
    "\tx",
    "y ",
    "}",
    "- a",
    "+ b",
    "@@ z",
    "\\ w",
    "--- q",
    "ü\u00a0\u2028",
    "```",
    "** E",
)

common = st.sampled_from(_COMMON_LINES)
"""Lines that occur again and again, so that hunks fit at several places."""
numbered = st.integers(0, 10**6).map(lambda number: f"    line_{number} = {number}")
"""Lines that hardly ever occur twice."""


@st.composite
def files(draw: st.DrawFn, lines: st.SearchStrategy[str]) -> tuple[str, str]:
    """A file before and after, in which some lines are removed, added or replaced."""
    old = draw(st.lists(lines, max_size=30))
    new = list(old)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(new)))
        new[at : at + draw(st.integers(0, 2))] = draw(st.lists(lines, max_size=2))
    ending = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return _joined(draw, old, ending), _joined(draw, new, ending)


def _joined(draw: st.DrawFn, lines: list[str], ending: str) -> str:
    text = "".join(line + ending for line in lines)
    return text.removesuffix(ending) if lines and lines[-1] and draw(st.booleans()) else text


def git_diff(old: str, new: str, context: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        for side, text in (("a", old), ("b", new)):
            (Path(folder) / side).mkdir()
            (Path(folder) / side / "f.py").write_bytes(text.encode())
        argv = ("git", "diff", "--no-index", "--no-prefix", f"-U{context}", "a/f.py", "b/f.py")
        return subprocess.run(argv, cwd=folder, env=_GIT, capture_output=True, check=False).stdout.decode()


def applied(argv: tuple[str, ...], old: str, diff: str) -> str | None:
    """The file after a program has applied the diff to it; None if it refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.py"
        path.write_bytes(old.encode())
        done = subprocess.run(argv, input=diff.encode(), cwd=folder, env=_GIT, capture_output=True, check=False)
        return None if done.returncode else path.read_bytes().decode() if path.exists() else ""


def git_apply(old: str, diff: str) -> str | None:
    return applied(("git", "apply", "--whitespace=nowarn", "--unidiff-zero", "-p1", "-"), old, diff)


def parsed(old: str, diff: str, fence: str = "````````````") -> str | None:
    """None if the answer is refused."""
    try:
        answer = parse_answer(f"{fence}diff\n{diff}{fence}\n", ["f.py"], {"f.py": old.encode()})
    except AnswerUnusable:
        return None
    return answer.files.get("f.py", old.encode()).decode()


@given(files(common | numbered), st.integers(0, 4))
@example(("x\nx\nx\n", "x\nx\n"), 0)
@example(("x", "x\n"), 3)
@example(("\n\n\n", "\n\nx\n\n"), 1)
def test_a_diff_of_git_has_the_result_of_git_apply_and_of_patch(pair: tuple[str, str], context: int) -> None:
    old, new = pair
    diff = git_diff(old, new, context)
    if not diff:
        return
    assert git_apply(old, diff) == new or context == 0, "git apply itself errs without context"
    assert applied(("patch", "--binary", "--silent", "-p1", "--posix"), old, diff) in (new, None)
    assert parsed(old, diff) == new


def _without_numbers(diff: str) -> str:
    return _HUNK.sub("@@ ... @@", diff)


def _bare_headers(diff: str) -> str:
    return _HUNK.sub("@@", diff)


def _other_numbers(diff: str) -> str:
    return _HUNK.sub(lambda match: f"@@ -{int(match[1]) + 57}{match[2] or ''} +{match[3]}{match[4] or ''} @@", diff)


def _other_counts(diff: str) -> str:
    return _HUNK.sub(lambda match: f"@@ -{match[1]},2 +{match[3]},9 @@", diff)


def _other_line_endings(diff: str) -> str:
    return diff.replace("\r\n", "\n") if "\r\n" in diff else diff.replace("\n", "\r\n")


def _without_markers(diff: str) -> str:
    return diff.replace("\\ No newline at end of file\n", "")


def _without_prefixes(diff: str) -> str:
    return diff.replace("--- a/", "--- ").replace("+++ b/", "+++ ").replace("diff --git a/f.py b/f.py\n", "")


def _without_trailing_space(diff: str) -> str:
    return "".join(line.rstrip(" ") + "\n" if line.startswith(" ") else f"{line}\n" for line in diff.split("\n")[:-1])


def _without_trailing_context(diff: str) -> str:
    kept = re.sub(r"(?:^ [^\n]*\n)+(?=@@|\Z)", "", diff, flags=re.MULTILINE)
    return kept if "\n-" in kept or "\n+" in kept else diff


_DAMAGES = (
    _without_numbers,
    _bare_headers,
    _other_numbers,
    _other_counts,
    _without_prefixes,
    _without_trailing_context,
)


@pytest.mark.parametrize("damage", _DAMAGES)
@given(pair=files(numbered), context=st.integers(1, 3))
def test_a_damaged_diff_of_distinct_lines_has_the_result_of_the_whole_one(
    damage: Callable[[str], str], pair: tuple[str, str], context: int
) -> None:
    old, new = pair
    distinct = len({*old.splitlines(), *new.splitlines()}) == len(new.splitlines())
    diff = git_diff(old, new, context)
    if diff and old.endswith("\n") == new.endswith("\n"):
        result = parsed(old, damage(diff))
        assert result in (new, None)
        adds_only = re.search(r"^@@[^\n]*\n(?:\+[^\n]*\n)+(?:@@|\Z)", damage(diff), re.MULTILINE)
        assert result == new or not distinct or adds_only or not old


@pytest.mark.parametrize("damage", [_other_counts, _without_trailing_space, _other_line_endings])
@given(pair=files(common), context=st.integers(1, 3))
def test_a_damaged_diff_of_repeated_lines_has_the_same_result_or_none(
    damage: Callable[[str], str], pair: tuple[str, str], context: int
) -> None:
    old, new = pair
    diff = git_diff(old, new, context)
    if diff and old.endswith("\n"):
        assert parsed(old, damage(diff)) in (new, None)


@given(files(common), st.integers(1, 3))
def test_wrong_line_numbers_have_the_result_of_git_apply_or_none(pair: tuple[str, str], context: int) -> None:
    old, new = pair
    diff = _other_numbers(git_diff(old, new, context))
    assert not diff or parsed(old, diff) in (git_apply(old, diff), new, None)


@given(files(numbered), st.integers(0, 3))
def test_a_lost_marker_keeps_the_end_of_the_file(pair: tuple[str, str], context: int) -> None:
    old, new = (text.rstrip("\r\n") for text in pair)
    diff = git_diff(old, new, context)
    if diff and old and new:
        assert parsed(old, _without_markers(diff)) in (new, None)


def _tabs_as_spaces(diff: str) -> str:
    return diff.replace("\t", "    ")


def _moved_right(diff: str) -> str:
    return re.sub(r"^([ +-])(?=\t|name)", r"\1  ", diff, flags=re.MULTILINE)


indented = st.integers(10, 39).map(lambda number: "\t" * (number // 10) + f"name_{number % 10}")


@pytest.mark.parametrize("damage", [_tabs_as_spaces, _moved_right])
@given(pair=files(indented), context=st.integers(1, 3))
def test_damaged_indentation_has_the_same_result_or_none(
    damage: Callable[[str], str], pair: tuple[str, str], context: int
) -> None:
    old, new = pair
    diff = git_diff(old, new, context)
    if old.endswith("\n") and diff and not re.search(r"^@@[^\n]*\n(?:\+[^\n]*\n)+(?:@@|\Z)", diff, re.MULTILINE):
        assert parsed(old, damage(diff)) in (new, None)
