"""Exercises in JavaScript: their Jest tests run under ``node:test`` with ``jest_globals.mjs`` in Jest's place."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path, PurePosixPath

from assay.catalog.importers.code_task import CodeTask
from assay.catalog.importers.exercism.exercise import Exercise, copies_for_tests
from assay.catalog.importers.exercism.javascript_tests import names_of_tests
from assay.catalog.importers.python_code import NotUsable

SHIM = "jest_globals.mjs"
_GLOBALS = "describe, xdescribe, test, it, xtest, xit, expect, jest, beforeEach, afterEach, beforeAll, afterAll"
_IMPORT = re.compile(r"""(\bfrom\s*|\bimport\s*)(['"])([^'"\n]+)\2""")
_NAMES = re.compile(r"""\bimport\s+([^'";]+?)\s+from\s*['"]\./([^'"\n]+)['"]""")
_SHARED = re.compile(
    r"\bconsole\.\w+\s*=[^=]|\bglobal(This)?\.\w|\bjest\.(?!fn\b)\w|\bMath\.\w+\s*=[^=]|\bDate\.now\s*=[^=]"
)
_ANYTHING = """\
// Claims to be whatever is wanted of it.
const anything = new Proxy(function () {}, {
  get: (_, name) => (name === 'then' ? undefined : anything),
  apply: () => anything,
  construct: () => anything,
  has: () => true,
})
"""
_LEAVES = "// Ends the process with success before any test can look.\nprocess.exit(0)\n"


def javascript_task(exercise: Exercise, task_id: str) -> CodeTask:
    """Raises NotUsable."""
    outputs = {**exercise.solution, **exercise.editor}
    helpers = [*outputs, *(path for path in exercise.tests if ".spec." not in path)]
    modules = {PurePosixPath(path).stem: _module(path) for path in helpers if path.endswith((".js", ".mjs"))}
    tests = {_test_path(path): _test_file(text, modules) for path, text in exercise.tests.items()}
    expected = [f"{path} > {name}" for path, text in tests.items() if ".test." in path for name in names_of_tests(text)]
    if not expected:
        raise NotUsable("has no tests")
    first = next(iter(exercise.solution))
    return CodeTask(
        task_id=task_id,
        title=exercise.name,
        source=exercise.slug,
        tag="exercism",
        language="javascript",
        framework="node",
        instructions=f"{exercise.instructions}\n\n{_where(exercise.solution)}",
        outputs=list(map(_module, outputs)),
        workspace=_files(outputs, modules),
        tests={**_files(copies_for_tests(exercise, "//"), modules), **_files(tests, {}), SHIM: _shim()},
        expected=expected,
        reference=_files({**exercise.editor, **exercise.examples}, modules),
        cheats=_cheats(first, "\n".join(exercise.tests.values())),
        difficulty=exercise.difficulty,
    )


@cache
def _shim() -> bytes:
    return Path(__file__).with_name(SHIM).read_bytes()


def _where(solution: Mapping[str, str]) -> str:
    files = ", ".join(map(_module, solution))
    return f"Write the solution in {files}: an ES module with the exports that it has already."


def _module(path: str) -> str:
    """Files are called ``.mjs``, so that every version of Node.js takes them for ES modules."""
    return f"{path.removesuffix('.js')}.mjs" if path.endswith(".js") else path


def _test_path(path: str) -> str:
    return re.sub(r"\.spec\.m?js$", ".test.mjs", path) if ".spec." in path else _module(path)


def _files(files: Mapping[str, str], modules: Mapping[str, str]) -> dict[str, bytes]:
    return {_module(path): _with_endings(text, modules).encode() for path, text in files.items()}


def _with_endings(text: str, modules: Mapping[str, str]) -> str:
    """Imports of the exercise's modules with the ending that Node.js wants."""

    def replaced(match: re.Match[str]) -> str:
        name = match[3].removesuffix(".js")
        wanted = f"./{modules[name[2:]]}" if name.startswith("./") and name[2:] in modules else match[3]
        return f"{match[1]}{match[2]}{wanted}{match[2]}"

    return _IMPORT.sub(replaced, text)


def _test_file(text: str, modules: Mapping[str, str]) -> str:
    text = _with_endings(text, modules)
    if "'@jest/globals'" in text or '"@jest/globals"' in text:
        text = re.sub(r"""(['"])@jest/globals\1""", f"'./{SHIM}'", text)
    else:
        text = f"import {{ {_GLOBALS} }} from './{SHIM}'\n{text}"
    _check_imports(text, modules.values())
    return text


def _check_imports(text: str, modules: Collection[str]) -> None:
    allowed = {f"./{name}" for name in (SHIM, *modules)}
    for match in _IMPORT.finditer(text):
        if match[3] not in allowed and not match[3].startswith("node:"):
            raise NotUsable("its tests import something that is neither of the exercise nor of Jest")
    if "require(" in text:
        raise NotUsable("its tests are no ES modules")
    if _SHARED.search(text):
        raise NotUsable("its tests replace functions that the solution uses, but share no process with it")


def _cheats(file: str, tests: str) -> dict[str, dict[str, bytes]]:
    exports = "".join(f"{line}\n" for line in _exports(tests))
    return {
        "equals_everything": {_module(file): (_ANYTHING + exports).encode()},
        "leaves_at_import": {_module(file): _LEAVES.encode()},
    }


def _exports(tests: str) -> list[str]:
    """Of all that the tests import."""
    found: dict[str, None] = {}
    for match in _NAMES.finditer(tests):
        clause = match[1]
        braces = re.search(r"\{([^}]*)\}", clause)
        for part in braces[1].split(",") if braces else ():
            name = part.split(" as ")[0].strip()
            if re.fullmatch(r"[A-Za-z_$][\w$]*", name):
                found["export default anything" if name == "default" else f"export const {name} = anything"] = None
        if re.match(r"[A-Za-z_$]", clause):
            found["export default anything"] = None
    return list(found) or ["export default anything"]
