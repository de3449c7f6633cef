"""Artifacts with hostile output of models and programs."""

from __future__ import annotations

from hashlib import sha256

from assay.contracts.artifacts import ArtifactRef

PROMPT = b"""[{"role": "system", "content": "You write Python."},
 {"role": "user", "content": "Merge intervals. <img src=x onerror=\\"window.pwned=1\\"> \\u202egnirts"}]"""

RESPONSE = (
    "Here is the file.\n\n<script>window.pwned = 1</script>\n<img src=x onerror='window.pwned=1'>\n"
    "[click](javascript:window.pwned=1)\n<svg onload='window.pwned=1'></svg>\n"
    "a NUL \0, a right-to-left override \u202eevil\u202c, a zero\u200bwidth space\n"
    "</pre></plain-artifact><script>window.pwned = 2</script>\n" + "x" * 12_000 + "\n"
).encode()

PATCH = b"""diff --git a/solution.py b/solution.py
new file mode 100644
--- /dev/null
+++ b/solution.py
@@ -0,0 +1,9 @@
+def merge(intervals):
+    merged = []
+    for start, end in sorted(intervals):
+        if merged and start <= merged[-1][1]:
+            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
+        else:
+            merged.append((start, end))
+    return merged
+# <script>window.pwned = 3</script><img src=x onerror="window.pwned=3">
diff --git a/notes.md b/notes.md
--- a/notes.md
+++ b/notes.md
@@ -1,4 +1,4 @@
 # Notes
-Sort by end.
+Sort by start, then merge what overlaps.
 Keep both ends.
 Done.
"""

STDOUT = (
    b"\x1b[1mcollected 4 items\x1b[0m\n\n"
    b"test_merge.py::test_empty \x1b[32mPASSED\x1b[0m\ntest_merge.py::test_one \x1b[32mPASSED\x1b[0m\n"
    b"test_merge.py::test_touching \x1b[31mFAILED\x1b[0m\ntest_merge.py::test_nested \x1b[33mSKIPPED\x1b[0m\n"
    b"\x1b]8;;javascript:window.pwned=4\x1b\\a link\x1b]8;;\x1b\\ "
    b"\x1b]8;;https://example.org/\x1b\\another\x1b]8;;\x1b\\\n"
    b"<b onmouseover=window.pwned=5>not bold</b>\n\x1b[38;5;208mcolours of 256\x1b[0m\n"
)

STDERR = b'\x1b[31mTraceback (most recent call last):\x1b[0m\n  File "solution.py", line 3\nValueError: <i>no</i>\n'

LONG = "".join(f"line {number} of a long log\n" for number in range(40_000)).encode()

FILES: dict[str, tuple[bytes, str]] = {
    "task.json": (b'{"task_id": "merge_intervals"}', "application/json"),
    "prompt.json": (PROMPT, "application/json"),
    "response.txt": (RESPONSE, "text/plain; charset=utf-8"),
    "patch.diff": (PATCH, "text/x-diff; charset=utf-8"),
    "stdout.txt": (STDOUT, "text/plain; charset=utf-8"),
    "stderr.txt": (STDERR, "text/plain; charset=utf-8"),
    "judge.stdout.txt": (LONG, "text/plain; charset=utf-8"),
}


def refs(files: dict[str, tuple[bytes, str]]) -> dict[str, ArtifactRef]:
    return {
        name: ArtifactRef(sha256=sha256(data).hexdigest(), size_bytes=len(data), media_type=kind)
        for name, (data, kind) in files.items()
    }
