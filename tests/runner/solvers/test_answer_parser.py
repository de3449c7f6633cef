"""Parsing files and patches from answers, in the formats that models use."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.files import check_files
from services.runner.errors import AnswerUnusable
from services.runner.solvers.answer_parser import parse_answer

CODE = "def add(a, b):\n    return a + b\n"
FENCED = f"```python\n{CODE}```"
DIFF = "--- a/solution.py\n+++ b/solution.py\n@@ -1,1 +1,1 @@\n-x = 1\n+x = 2\n"


@pytest.mark.parametrize(
    "text",
    [
        f"```python solution.py\n{CODE}```",
        f"```solution.py\n{CODE}```",
        f"```python:solution.py\n{CODE}```",
        f'```python title="solution.py"\n{CODE}```',
        f"```python filename=./solution.py\n{CODE}```",
        f"```py {{file=/workspace/solution.py}}\n{CODE}```",
        f"solution.py\n{FENCED}",
        f"solution.py:\n\n{FENCED}",
        f"**solution.py**\n{FENCED}",
        f"`solution.py`\n{FENCED}",
        f"### solution.py\n{FENCED}",
        f"### `solution.py`\n\n{FENCED}",
        f"File: solution.py\n{FENCED}",
        f"**File:** `solution.py`\n{FENCED}",
        f"1. `solution.py`\n{FENCED}",
        f"# ./solution.py\n{FENCED}",
        f"Here is the new solution.py:\n{FENCED}",
        f"Sure! I changed `solution.py` as follows:\n\n{FENCED}\n\nHave fun.",
        f"Here you go:\n{FENCED}",
        FENCED,
        f"~~~~\n{CODE}~~~~",
        f"  ```python\n{CODE}  ```",
        f"solution.py\n```python\n{CODE}",
        f"solution.py\r\n```python\r\n{CODE}```\r\n",
        f"solution.py\n{FENCED}\n\nRun it with:\n```bash\npython solution.py --with --all --of --its --options\n```",
        f"solution.py\n{FENCED}\n\nHow solution.py is used:\n```python\nprint(add(1, 2))\n```",
        f"Draft:\nsolution.py\n```python\npass\n```\nBetter:\nsolution.py\n{FENCED}",
        f"```bash\npip install everything-there-is-in-the-world-and-some-more-of-it\n```\n{FENCED}",
    ],
)
def test_one_file_in_many_formats(text: str) -> None:
    answer = parse_answer(text, ["solution.py"])
    assert dict(answer.files) == {"solution.py": CODE.encode()}


def test_a_comment_on_the_first_line_names_the_file_and_is_kept() -> None:
    text = "```python\n# src/a.py\nx = 1\n```\n```js\n// src/b.js\nlet y\n```"
    assert dict(parse_answer(text, ["src/"]).files) == {
        "src/a.py": b"# src/a.py\nx = 1\n",
        "src/b.js": b"// src/b.js\nlet y\n",
    }


def test_several_files_including_undeclared_ones() -> None:
    text = f"a.py\n{FENCED}\n\nb/c.py\n{FENCED}\n\nnotes.txt\n```\nhi\n```"
    assert sorted(parse_answer(text, ["a.py", "b/c.py"]).files) == ["a.py", "b/c.py", "notes.txt"]


def test_a_markdown_file_keeps_its_own_fences() -> None:
    content = "# Title\n\n```python\nx = 1\n```\n\nEnd.\n"
    text = f"README.md\n```markdown\n{content}```\n\na.py\n{FENCED}"
    assert dict(parse_answer(text, ["README.md", "a.py"]).files) == {
        "README.md": content.encode(),
        "a.py": CODE.encode(),
    }


def test_a_longer_fence_may_contain_shorter_ones() -> None:
    assert dict(parse_answer("a.py\n````\n```\n````", ["a.py"]).files) == {"a.py": b"```\n"}


@pytest.mark.parametrize("text", [f"```diff\n{DIFF}```", f"```\n{DIFF}```", DIFF, f"Here is the change:\n\n{DIFF}\n"])
def test_a_diff_is_a_patch(text: str) -> None:
    answer = parse_answer(text, ["solution.py"], {"solution.py": b"x = 1\n"})
    assert dict(answer.files) == {"solution.py": b"x = 2\n"}


def test_an_answer_may_have_diffs_and_files() -> None:
    answer = parse_answer(f"```diff\n{DIFF}```\nb.py\n{FENCED}", ["solution.py", "b.py"], {"solution.py": b"x = 1\n"})
    assert dict(answer.files) == {"solution.py": b"x = 2\n", "b.py": CODE.encode()}


@pytest.mark.parametrize(
    ("text", "outputs"),
    [
        ("", ["solution.py"]),
        ("I cannot do that.", ["solution.py"]),
        (FENCED, ["a.py", "b.py"]),
        (FENCED, ["src/"]),
        (FENCED, ["*.py"]),
        (f"../escape.py\n{FENCED}", ["solution.py"]),
        (f"/etc/cron.d/evil.sh\n{FENCED}", ["solution.py"]),
        (f"```python a/../../b.py\n{CODE}```", ["solution.py"]),
        (f"a.py\n{FENCED}\na.py/b.py\n{FENCED}", ["a.py"]),
    ],
)
def test_an_unusable_answer_is_the_models_failure(text: str, outputs: list[str]) -> None:
    with pytest.raises(AnswerUnusable, match=r"contains no file|not allowed"):
        parse_answer(text, outputs)


@given(st.text(max_size=400))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        answer = parse_answer(text, ["solution.py"])
    except AnswerUnusable:
        return
    check_files(answer.files)


_PIECES = (
    *(
        "```",
        "~~~",
        "````",
        "python",
        "a.py",
        "../x.py",
        "/etc/p.conf",
        "### ",
        "\n",
        "\r\n",
        "`",
        "**",
        ":",
        " ",
        "\0",
    ),
    *("diff --git a/a b/a\n", "--- a/a.py\n", "+++ b/a.py\n", "@@ -1 +1 @@\n", "@@ -1,9 +0,0 @@\n"),
    *("-x\n", "+y\n", "\ud800"),
)


@given(st.lists(st.sampled_from(_PIECES), max_size=40).map("".join))
def test_any_mix_of_fences_paths_and_diffs_is_parsed_or_refused(text: str) -> None:
    try:
        answer = parse_answer(text, ["a.py", "src/"], {"a.py": b"x\ny\n"})
        check_files(answer.files)
    except AnswerUnusable:
        return


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r`~"), max_size=300))
def test_a_whole_file_is_parsed_unchanged(content: str) -> None:
    answer = parse_answer(f"solution.py\n````\n{content}\n````\n", ["solution.py"])
    assert answer.files["solution.py"] == f"{content}\n".encode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@@ -1 +1 @@\n-x\n+y\n",
        "--- a/../../x\n+++ b/../../x\n@@ -1 +1 @@\n-x\n+y\n",
        "--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-x\n+y\n",
        "--- a/x\n+++ /etc/passwd\n@@ -1 +1 @@\n-x\n+y\n",
        "*** Begin Patch\n*** Delete File: ../x\n*** End Patch\n",
        "../x.py\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n",
    ],
)
def test_a_patch_without_files_or_outside_the_workspace_is_refused(text: str) -> None:
    with pytest.raises(AnswerUnusable, match=r"contains no file|not allowed"):
        parse_answer(text, ["x"], {"x": b"x\n"})


@pytest.mark.parametrize(
    "text",
    [
        "* " * 500_000 + "\n```\nx\n```",
        "```x" + " " * 500_000 + "y\n",
        "```\n```\n" * 20_000,
        DIFF * 3000,
        "#" * 1_000_000,
    ],
)
def test_large_answers_are_parsed_quickly(text: str) -> None:
    started = time.process_time()
    with suppress(AnswerUnusable):
        parse_answer(text, ["solution.py"], {"solution.py": b"x = 1\n"})
    assert time.process_time() - started < 10
