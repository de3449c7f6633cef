"""A catalog of tasks with canaries in their hidden parts, and of hostile models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.system.hostile.canaries import Canaries

SANDBOX = {"cpu_seconds": 10, "wall_seconds": 60, "memory_mb": 256}
LIMITS = {"max_tokens": 512, "wall_seconds": 100, "turns": 8}
TESTS = """
import sys
from solution import word
# {source}

def test_word():
    print({expected!r}, file=sys.stderr)
    assert word() == {expected!r}, {expected!r}

def test_raises():
    if word() != {expected!r}:
        raise RuntimeError({source!r})
"""
ENDS_EARLY = """
import os
for descriptor in range(1, 30):
    try:
        os.write(descriptor, b'#' + {source!r}.encode() + b' ' + {expected!r}.encode() + bytes([10]))
    except OSError:
        pass
os._exit(3)

def test_word(): pass

def test_raises(): pass
"""
PROVIDERS = {
    "keyed": {
        "kind": "openai",
        "title": "Repeats its key",
        "base_url_env": "ASSAY_LOOPBACK_URL",
        "api_key_env": "CANARY_API_KEY",
        "any_model": True,
        "local": True,
    }
}


class Catalog:
    """Files in ``folder``; scripts can be added while the stack runs."""

    def __init__(self, folder: Path, canaries: Canaries) -> None:
        self.folder, self._canaries = folder, canaries
        self._write("models.yaml", {"providers": PROVIDERS})
        self._write("prices.yaml", {"versions": []})
        (folder / "suites").mkdir()
        self.task("search", {"solver": "agent", "tools": ["bash", "python", "text_editor", "git_diff", "submit"]})
        self.task("early", {"solver": "files"}, tests=ENDS_EARLY)
        self.question()

    def task(self, name: str, changes: Mapping[str, object], *, tests: str = TESTS, agent: str = "") -> None:
        source, expected = self._canaries["hidden_source"], self._canaries["hidden_expected"]
        names = ["test_word", "test_raises"]
        self._write(
            f"tasks/{name}/task.yaml",
            {
                "id": name, "title": name, "category": "faults", "difficulty": "easy", "outputs": ["solution.py"],
                "instructions": "Find the word.", "limits": LIMITS if changes["solver"] != "files" else {},
                "sandbox": SANDBOX, **changes,
                "checks": [{"kind": "tests", "expected": [f"test_hidden.py::{test}" for test in names]}],
            },
        )  # fmt: skip
        self._text(f"tasks/{name}/tests/test_hidden.py", tests.format(source=source, expected=expected))
        self._text(f"tasks/{name}/workspace/solution.py", "def word():\n    return None\n")
        self._text(f"tasks/{name}/workspace/bait.txt", self._canaries["bait"])
        self._text(f"tasks/{name}/noop/solution.py", "def word():\n    return None\n")
        self._text(f"tasks/{name}/reference/solution.py", f"def word():\n    return {expected!r}\n")
        for cheat in ("none", "leaves"):
            self._text(f"tasks/{name}/cheats/{cheat}/solution.py", "raise SystemExit(0)\n")
        if agent:
            self._text(f"tasks/{name}/workspace/tools/agent.py", agent)

    def question(self) -> None:
        self._write(
            "tasks/question/task.yaml",
            {
                "id": "question", "title": "question", "category": "faults", "difficulty": "easy", "solver": "answer",
                "instructions": "Say the word.", "limits": {"max_tokens": 64, "wall_seconds": 30},
                "checks": [{"kind": "exact"}], "noop_answer": "", "cheat_answers": {"none": "no"},
                "samples": [{"sample_id": "s1", "input": "?", "expected": self._canaries["hidden_sample"]}],
            },
        )  # fmt: skip

    def script(self, name: str, task: str, *turns: tuple[str, Mapping[str, object]]) -> str:
        """Add a model that takes these turns and submits; returns its name."""
        steps = [{"tool": tool, "arguments": arguments} for tool, arguments in turns]
        end = {"text": "Done.", "tool": "submit", "arguments": {"message": "done"}}
        self._write(f"scripted/{name}.yaml", {"title": name, "default": "no", "turns": {task: [*steps, end]}})
        return f"scripted/{name}"

    def _write(self, path: str, content: object) -> None:
        self._text(path, yaml.safe_dump(content, sort_keys=False))

    def _text(self, path: str, content: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
