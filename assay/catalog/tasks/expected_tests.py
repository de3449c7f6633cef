"""Compares the tests that a task lists with those in its pytest files."""

from __future__ import annotations

from assay.catalog.tasks.test_names import FoundTest
from assay.catalog.yaml.document import Document, FieldPath
from assay.validation.did_you_mean import closest, shortened


def compare_expected(document: Document, at: FieldPath, expected: tuple[str, ...], found: list[FoundTest]) -> None:
    """The listed tests and those in the files must be the same, with one entry per parameter set."""
    names = {test.name for test in found}
    listed: dict[str, list[str]] = {}
    for index, name in enumerate(expected):
        function = name.partition("[")[0]
        cases = listed.setdefault(function, [])
        if function not in names and not document.full:
            message = f"the test files have no test {shortened(name)!r}"
            document.add_mistake((*at, index), message, closest(function, sorted(names)))
        cases.append(name)
        if name in expected[:index]:
            document.add_mistake((*at, index), f"test {shortened(name)!r} is listed twice")
    for test in found:
        if problem := _count_mismatch(test, listed.get(test.name, [])):
            document.add_mistake(at, problem)


def _count_mismatch(test: FoundTest, listed: list[str]) -> str:
    if not listed:
        return f"test {test.name!r} is in the test files but not listed"
    bracketed = [name for name in listed if "[" in name]
    if test.cases is None:
        return f"test {test.name!r} has no parameters, but {bracketed[0]!r} is listed" if bracketed else ""
    if len(bracketed) != len(listed):
        return f"test {test.name!r} has parameters: list each case, like '{test.name}[1-2]'"
    if test.cases and test.cases != len(listed):
        return f"test {test.name!r} has {test.cases} cases, but {len(listed)} are listed"
    return ""
