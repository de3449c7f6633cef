"""No text makes the reading of files and patches fail or hang: it is read, or refused with a reason."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.files import check_files
from services.runner.errors import AnswerUnusable
from services.runner.solvers.answer_parser import parse_answer

CORPUS = Path(__file__).parents[2] / "corpus"
ROWS: list[dict[str, Any]] = [
    row for name in ("patches", "fences") for row in msgspec.yaml.decode((CORPUS / f"{name}.yaml").read_bytes())
]
FILE = "".join(f"line {number % 90}\n" for number in range(3000))
FILES = {"a.py": FILE.encode(), "README.md": b"# T\n\n```\nx\n```\n", "lib/b.py": b"\xff\r\n\xfe", "empty": b""}
SIZE = 600_000
MAX_CPU_SECONDS = 30
"""Generous: each takes well under three seconds on an idle machine; what is not linear takes hours."""

_PIECES = (
    *("```", "~~~", "````", "diff", "python a.py", "a.py", "../x.py", "/etc/p.conf", "### ", "\n", "\r\n", " "),
    *("diff --git a/a.py b/a.py\n", "--- a/a.py\n", "+++ b/a.py\n", "--- /dev/null\n", "+++ /dev/null\n"),
    *(
        "@@ -1 +1 @@\n",
        "@@ -1,9 +0,0 @@\n",
        "@@ ... @@\n",
        "@@ line 7\n",
        "@@\n",
        "rename from a.py\n",
        "rename to b\n",
    ),
    *(" line 1\n", "-line 2\n", "+line 2\n", "\\ No newline at end of file\n", "new file mode 120000\n", "\0"),
    *(
        "*** Begin Patch\n",
        "*** End Patch\n",
        "*** Update File: a.py\n",
        "*** Add File: c.py\n",
        "*** Delete File: a\n",
    ),
    *("*** Move to: d.py\n", "*** End of File\n", "<<<<<<< SEARCH\n", "=======\n", ">>>>>>> REPLACE\n", "\udc80"),
)


def read(text: str, outputs: tuple[str, ...] = ("*",)) -> None:
    """Reads the answer, and checks that the result may be written."""
    try:
        answer = parse_answer(text, outputs, FILES)
    except AnswerUnusable as error:
        assert str(error)
        return
    check_files({path: content for path, content in {**FILES, **answer.files}.items() if path not in answer.deleted})
    assert answer.deleted <= FILES.keys()


@given(st.lists(st.sampled_from(_PIECES), max_size=40).map("".join))
def test_any_mix_of_marks_is_read_or_refused(text: str) -> None:
    read(text)
    read(f"```diff\n{text}", ("a.py",))


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    for before in ("", "```diff\n", "--- a/a.py\n+++ b/a.py\n@@\n", "*** Begin Patch\n*** Update File: a.py\n"):
        read(before + text)


@pytest.mark.parametrize("seed", range(8))
def test_damaged_answers_of_the_corpus_are_read_or_refused(seed: int) -> None:
    random = Random(seed)
    for row in ROWS:
        lines = row["answer"].split("\n")
        for _ in range(random.randint(1, 4)):
            at = random.randrange(len(lines))
            other = random.choice(random.choice(ROWS)["answer"].split("\n"))
            change = random.randrange(4)
            lines[at : at + 1] = ([], [lines[at], other], [lines[at]] * 2, [lines[at][random.randint(0, 9) :]])[change]
            lines = lines or [""]
        files = {path: content.encode() for path, content in row.get("files", {}).items()}
        with suppress(AnswerUnusable):
            parse_answer("\n".join(lines), row.get("outputs", ["*"]), files)


_HEAD = "--- a/a.py\n+++ b/a.py\n"
_HOSTILE = {
    "one long line": "x" * SIZE,
    "blank lines": "\n" * SIZE,
    "spaces": " " * SIZE,
    "at signs": _HEAD + "@" * SIZE,
    "at signs on many lines": _HEAD + "@@\n" * (SIZE // 3),
    "a long heading": _HEAD + "@@ " + "x @@ " * (SIZE // 5),
    "many headings": "*** Begin Patch\n*** Update File: a.py\n" + "@@ line 1\n" * (SIZE // 10) + "-x\n*** End Patch",
    "fences": "```\n" * (SIZE // 4),
    "fences with a language": "```python\n" * (SIZE // 10),
    "indented fences": "   ```\n  ```\n" * (SIZE // 13),
    "fences of growing length": "".join("`" * length + "\n" for length in range(3, 2000)),
    "blocks of one file": "a.py\n```python\ndef f(): pass\n```\n" * (SIZE // 35),
    "blocks without a path": "```python\nf(1)\n```\n" * (SIZE // 20),
    "Markdown": "README.md\n```markdown\n" + "\n```\nx\n" * (SIZE // 7),
    "file headers": _HEAD * (SIZE // len(_HEAD)),
    "git headers": "diff --git a/a.py b/a.py\n" * (SIZE // 25),
    "hunks that fit at many places": _HEAD + "@@ ... @@\n line 1\n-line 2\n+line x\n" * (SIZE // 34),
    "hunks with wrong numbers": _HEAD + "".join(f"@@ -{n} +{n} @@\n-line 7\n+line 7\n" for n in range(60_000)),
    "hunks without a fitting line": _HEAD + "@@ -1 +1 @@\n-nothing\n+x\n" * (SIZE // 29),
    "one hunk that does not fit": _HEAD + "@@ -1 +1 @@\n" + "-line 5\n" * (SIZE // 8),
    "blank lines in a hunk": _HEAD + "@@ -1 +1 @@\n" + "\n" * SIZE,
    "searches": "a.py\n" + "<<<<<<< SEARCH\n" * (SIZE // 15),
    "searches and replacements": "a.py\n" + "<<<<<<< SEARCH\nline 3\n=======\n>>>>>>> REPLACE\n" * (SIZE // 47),
    "beginnings of patches": "*** Begin Patch\n" * (SIZE // 16),
    "updates": "*** Begin Patch\n" + "*** Update File: a.py\n-line 1\n+line 1\n" * (SIZE // 38) + "*** End Patch",
    "marks before a name": ("_" * 290 + "!\n```\nx\n```\n") * (SIZE // 300),
    "comment marks": ("```\n# " + " " * 290 + "x!\n```\n") * (SIZE // 300),
    "quotes after a fence": ("``` " + "\"'" * 140 + "\n```\n") * (SIZE // 290),
    "braces": ("```c\n" + "a(" * 140 + "{\n```\n") * (SIZE // 290),
    "escapes in a name": f'--- "{chr(92) * SIZE}"\n+++ "{chr(92) * 9}"\n@@\n-x\n',
    "long names": f"--- a/{'x ' * (SIZE // 4)}\n+++ b/{'x ' * (SIZE // 4)}\n@@\n-x\n",
    "new files": "".join(f"--- /dev/null\n+++ b/n{n}.py\n@@ -0,0 +1 @@\n+x\n" for n in range(40_000)),
    "tabs and spaces": _HEAD + "@@ -1,9 +1,9 @@\n" + "".join(f"-{' ' * (n % 50)}line 1\n" for n in range(60_000)),
}


@pytest.mark.parametrize("text", _HOSTILE.values(), ids=_HOSTILE)
def test_large_answers_are_read_in_bounded_time(text: str) -> None:
    started = time.process_time()
    read(text)
    assert time.process_time() - started < MAX_CPU_SECONDS
