"""Small tracks of Exercism, in its format and with content of our own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PYTHON_STUB = "def greeting(name):\n    pass\n\n\nclass Jar:\n    pass\n"
PYTHON_EXAMPLE = """\
from jar_data import LIMIT


def greeting(name="you"):
    return f"Hello, {name}."


class Jar:
    def __init__(self):
        self.sweets = 0

    def put(self, count):
        if self.sweets + count > LIMIT:
            raise ValueError("the jar is full")
        self.sweets += count
"""
PYTHON_TESTS = """\
# These tests belong to the canonical data of nothing.
import unittest

import pytest

from jar import (
    Jar,
    greeting,
)


class JarTest(unittest.TestCase):
    @pytest.mark.task(taskno=1)
    def test_nobody(self):
        self.assertEqual(greeting(), "Hello, you.")

    def test_names(self):
        for variant, name in enumerate(("Ana", "Bo"), start=1):
            with self.subTest(f"variation #{variant}", name=name):
                self.assertEqual(greeting(name), f"Hello, {name}.", msg="wrong")

    def test_full(self):
        jar = Jar()
        jar.put(3)
        self.assertEqual(jar.sweets, 3)
        with self.assertRaises(ValueError) as err:
            jar.put(8)
        self.assertEqual(type(err.exception), ValueError)
        self.assertEqual(err.exception.args[0], "the jar is full")

    @unittest.skip("extra credit")
    def test_extra(self):
        self.assertEqual(greeting(3), "Hello, 3 times.")


if __name__ == "__main__":
    unittest.main()
"""

JAVASCRIPT_STUB = """\
export const greeting = (name) => {
  throw new Error('Remove this line and implement the function')
}
"""
JAVASCRIPT_EXAMPLE = """\
import { LIMIT } from './jar-data'

export const greeting = (name = 'you') => `Hello, ${name}.`

export class Full extends Error {}

export class Jar {
  sweets = 0
  put(count) {
    if (this.sweets + count > LIMIT) throw new Full('the jar is full')
    this.sweets += count
    return { sweets: this.sweets, note: undefined }
  }
  async later(count) {
    return this.put(count)
  }
}
"""
JAVASCRIPT_TESTS = r"""
import { describe, expect, test, xtest } from '@jest/globals';
import { Full, Jar, greeting } from './jar';

const pattern = /['"`(]/; // not the beginning of a text

describe('Jar', () => {
  test('nobody', () => {
    expect(greeting()).toEqual('Hello, you.');
    expect(greeting('x')).not.toBe('Hello, you.');
    expect(greeting().match(pattern)).toBeNull();
  });

  describe('sweets -> jar', () => {
    xtest(`put's "result"`, () => {
      const jar = new Jar();
      expect(jar.put(3)).toEqual({ sweets: 3 });
      expect(jar.sweets).toBeCloseTo(3.001);
      expect([jar.sweets, 'a']).toContain(3);
    });

    xtest('too many', () => {
      const jar = new Jar();
      expect(() => jar.put(11)).toThrow(Full);
      expect(() => jar.put(11)).toThrow('jar is full');
      expect(() => jar.put(11)).toThrow(new Error('the jar is full'));
      expect(() => jar.put(1)).not.toThrow();
    });

    xtest('later', async () => {
      await expect(new Jar().later(2)).resolves.toEqual({ sweets: 2 });
      await expect(new Jar().later(12)).rejects.toThrow(/full/);
    });

    xtest('done', (done) => {
      setTimeout(() => {
        expect(new Jar().sweets).toBe(0);
        done();
      }, 1);
    });
  });
});
"""

BASH_STUB = "#!/usr/bin/env bash\n\n# Your code.\n"
BASH_EXAMPLE = """\
#!/usr/bin/env bash
if (( $# > 2 )); then echo "too many names" >&2; exit 3; fi
if [[ $1 == - ]]; then cat; exit; fi
printf 'Hello, %s.\\n%s\\n\\n' "${1:-you}" "$2"
"""
BASH_TESTS = r"""#!/usr/bin/env bats
load bats-extra

# local version: 1.0.0

@test "nobody" {
  #[[ $BATS_RUN_SKIPPED == "true" ]] || skip
  run bash greet.sh
  assert_success
  assert_output "Hello, you."
}

@test 'a "quoted" name & more' {
  [[ $BATS_RUN_SKIPPED == "true" ]] || skip
  local expected
  expected="$(cat << EOT
Hello, Ana "B".
  it's two
EOT
)"
  run bash greet.sh "Ana \"B\"" \
    "  it's two"
  assert_success
  assert_output "$expected"
}

@test "too many" {
  [[ $BATS_RUN_SKIPPED == "true" ]] || skip
  run bash greet.sh a '' $'b\nc' # three
  assert_failure 3
  assert_output --partial "many"
}

@test "repeats" {
  [[ $BATS_RUN_SKIPPED == "true" ]] || skip
  input=$( cat <<'INPUT'
$one
two
INPUT
)
  run bash greet.sh - <<< "$input"
  assert_success
  assert_output "$input"
}
"""


def write(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")


def track(folder: Path, slug: str, exercises: Mapping[str, Mapping[str, str]], **config: Any) -> Path:
    """``exercises`` has files by folder, for example ``practice/jar``."""
    listed: dict[str, list[dict[str, Any]]] = {"practice": [], "concept": []}
    for path in exercises:
        kind, name = path.split("/")
        listed[kind].append({"slug": name, "name": name.title(), "difficulty": 4})
    settings = {"language": slug.title(), "slug": slug, "exercises": listed, **config}
    write(folder, {"config.json": json.dumps(settings)})
    for path, files in exercises.items():
        write(folder / "exercises" / path, files)
    return folder


def config(**files: list[str]) -> str:
    return json.dumps({"authors": [], "files": files, "blurb": "Fill a jar."})


def python_jar(**changed: str) -> dict[str, str]:
    """An exercise with a file that the solution uses. ``changed``: tests, example or stub."""
    return {
        ".docs/introduction.md": "# Introduction\n\nJars hold sweets.\n",
        ".docs/instructions.md": "# Instructions\n\nFill a jar.\n",
        ".docs/instructions.append.md": "# Instructions append\n\nSay when it is full.\n",
        ".meta/config.json": config(
            solution=["jar.py"], test=["jar_test.py"], example=[".meta/example.py"], editor=["jar_data.py"]
        ),
        ".meta/example.py": changed.get("example", PYTHON_EXAMPLE),
        "jar.py": changed.get("stub", PYTHON_STUB),
        "jar_data.py": "LIMIT = 10\n",
        "jar_test.py": changed.get("tests", PYTHON_TESTS),
    }


def javascript_jar(**changed: str) -> dict[str, str]:
    return {
        ".docs/instructions.md": "# Instructions\n\nFill a jar.\n",
        ".meta/config.json": config(
            solution=["jar.js"], test=["jar.spec.js"], example=[".meta/proof.ci.js"], editor=["jar-data.js"]
        ),
        ".meta/proof.ci.js": changed.get("example", JAVASCRIPT_EXAMPLE),
        "jar.js": changed.get("stub", JAVASCRIPT_STUB),
        "jar-data.js": "export const LIMIT = 10\n",
        "jar.spec.js": changed.get("tests", JAVASCRIPT_TESTS),
    }


def bash_greet(**changed: str) -> dict[str, str]:
    return {
        ".docs/instructions.md": "# Instructions\n\nGreet.\n",
        ".meta/config.json": config(solution=["greet.sh"], test=["greet.bats"], example=[".meta/example.sh"]),
        ".meta/example.sh": BASH_EXAMPLE,
        "greet.sh": BASH_STUB,
        "greet.bats": changed.get("tests", BASH_TESTS),
    }
