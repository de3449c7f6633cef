"""Exercises in C++ with Catch2, which the track puts next to each of them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from assay.catalog.importers.code_task import CodeTask
from assay.catalog.importers.exercism.cpp_tests import names_of_tests
from assay.catalog.importers.exercism.exercise import Exercise
from assay.catalog.importers.exercism.same_process import harness, same_process_task, solution_in, with_ending
from assay.catalog.importers.python_code import NotUsable

_VERSION_2, _VERSION_3 = "test/catch.hpp", "test/catch_amalgamated.hpp"
CPP_BUILD = (_VERSION_2, _VERSION_3, "test/catch_amalgamated.cpp")
_SOURCES = (".cpp", ".cc", ".cxx")


def cpp_task(exercise: Exercise, task_id: str) -> CodeTask:
    """Raises NotUsable."""
    header = next((each for each in (_VERSION_3, _VERSION_2) if each in exercise.build), "")
    if not header:
        raise NotUsable(f"has neither {_VERSION_3} nor {_VERSION_2}")
    test_files = with_ending(exercise.tests, *_SOURCES)
    expected = [name for text in test_files.values() for name in names_of_tests(text)]
    if not expected:
        raise NotUsable("has no tests")
    main = harness("catch_main.cpp").replace(_VERSION_2, header)
    sources = with_ending({**exercise.solution, **exercise.editor}, *_SOURCES)
    return same_process_task(
        exercise,
        task_id,
        language="cpp",
        where=f"{solution_in(exercise)}, in C++17. It can use the standard library alone.",
        tests={**exercise.tests, **exercise.build, "assay_main.cpp": main},
        expected=expected,
        arguments=["cpp", *test_files, "--", *sources],
        tricks={
            "leaves_at_start": _at_start(exercise, "std::_Exit(0);"),
            "prints_results": _at_start(
                exercise, f"std::fputs({_results(expected)}, stdout);\n    std::fflush(stdout);\n    std::_Exit(0);"
            ),
        },
    )


def _at_start(exercise: Exercise, statements: str) -> dict[str, str]:
    """The example, with statements that run before ``main``."""
    path = next(iter(with_ending(exercise.solution, *_SOURCES) or exercise.solution))
    trick = f"struct AtStart {{\n  AtStart() {{\n    {statements}\n  }}\n}} at_start;\n"
    includes = "#include <cstdio>\n#include <cstdlib>\n"
    return {path: f"{includes}{exercise.examples[path]}\nnamespace {{\n{trick}}}  // namespace\n"}


def _results(names: Sequence[str]) -> str:
    ended = f"All tests passed ({len(names)} assertions in {len(names)} test cases)\n"
    return json.dumps("".join([*(f"{name}\n" for name in sorted(names)), ended]), ensure_ascii=False)
