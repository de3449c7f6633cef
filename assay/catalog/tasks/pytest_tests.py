"""Validates hidden pytest files: the listed tests and those in the files must be the same."""

from __future__ import annotations

from assay.catalog.tasks.folder import files_in
from assay.catalog.tasks.test_names import FoundTest, NotPython, found_tests
from assay.catalog.yaml.document import Document, FieldPath
from assay.contracts.checks import Tests
from assay.files import Files
from assay.validation.did_you_mean import closest, shortened


def check_pytest(check: Tests, files: Files, document: Document, folder: Document, at: FieldPath) -> None:
    """Adds mistakes of the check to ``document`` and those of its files to ``folder``."""
    try:
        found = found_tests(files_in(files, check.path))
    except NotPython as error:
        folder.add_mistake((), f"{check.path}/{error}")
        return
    _compare_expected(document, (*at, "expected"), check.expected, found)
    add_repeated(document, (*at, "expected"), check.expected)


def add_repeated(document: Document, at: FieldPath, expected: tuple[str, ...]) -> None:
    """Adds a mistake for each test that is listed again."""
    seen: set[str] = set()
    for index, name in enumerate(expected):
        if name in seen:
            document.add_mistake((*at, index), f"test {shortened(name)!r} is listed twice")
        seen.add(name)


def _compare_expected(document: Document, at: FieldPath, expected: tuple[str, ...], found: list[FoundTest]) -> None:
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
