"""Validates hidden tests of frameworks other than pytest: their files, their names and the driver. Like those of
pytest, they are read and never run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assay.catalog.tasks.folder import files_in
from assay.catalog.tasks.pytest_tests import add_repeated
from assay.catalog.yaml.document import Document, FieldPath
from assay.contracts.checks import Tests
from assay.contracts.frameworks import PATTERNS, Framework, driver_language, find_test_files
from assay.files import Files
from assay.validation.did_you_mean import closest, shortened

_COMPILED = (Framework.GO, Framework.CARGO, Framework.CPP)
_DRIVER_FILES = "main.go, main.rs or a C++ source file"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    """``form`` is what a name looks like, and ``example`` one. Without running tests, only the first part of a name is
    known, up to ``separator``: ``part`` says what that is."""

    form: re.Pattern[str]
    example: str
    separator: str
    part: str


_NODE = _Rule(
    form=re.compile(r"[^>]+( > [^>]+)+"), example="lru.test.mjs > LruCache > evicts", separator=" > ", part="file"
)
_RULES = {
    Framework.NODE: _NODE,
    Framework.HTML: _NODE,
    Framework.GO: _Rule(
        form=re.compile(r"Test[^\s/]*(/\S+)*"), example="TestEvicts/oldest", separator="/", part="test"
    ),
    Framework.CARGO: _Rule(form=re.compile(r"\w+(::\w+)+"), example="lru::evicts_oldest", separator="::", part="file"),
    Framework.CPP: _Rule(form=re.compile(r"[\w/]+\.[\w/]+"), example="LruCache.Evicts", separator=".", part="suite"),
}
_GO_TEST = re.compile(r"^func\s+(Test\w*)\s*\(\s*\w+\s+\*testing\.T\s*\)", re.MULTILINE)
_CPP_TEST = re.compile(r"^\s*(?:TYPED_)?TEST(?:_F|_P)?\s*\(\s*(\w+)\s*,", re.MULTILINE)
_RUST_TEST = re.compile(r"#\[test\]|^\s*mod\s+\w+\s*;", re.MULTILINE)


def check_framework(check: Tests, files: Files, document: Document, folder: Document, at: FieldPath) -> None:
    """Adds mistakes of the check to ``document`` and those of its files to ``folder``."""
    _check_fields(check, document, at)
    if check.driver:
        _check_driver(check, files_in(files, check.driver), document, folder, at)
    if check.framework is Framework.PYTEST:
        return
    tests = files_in(files, check.path)
    if not check.command and not find_test_files(check.framework, tests):
        wanted = ", ".join(PATTERNS[check.framework])
        folder.add_mistake((), f"{check.path}/ has no test file of framework {check.framework.value!r} ({wanted})")
    elif not check.command:
        _check_names(check, tests, document, at)
    add_repeated(document, (*at, "expected"), check.expected)


def _check_fields(check: Tests, document: Document, at: FieldPath) -> None:
    if check.framework in _COMPILED and not check.driver:
        hint = "put a program that calls the submission into driver/, and set it to 'driver'"
        document.add_mistake((*at, "driver"), f"is missing; framework {check.framework.value!r} needs one: {hint}")
    if check.framework in (Framework.NODE, Framework.HTML) and check.driver:
        document.add_mistake((*at, "driver"), f"is not used by framework {check.framework.value!r}")
    if check.command and check.framework is not Framework.CPP:
        document.add_mistake((*at, "command"), "is only allowed for framework 'cpp'")
    if check.build and not check.driver:
        document.add_mistake((*at, "build"), "is only allowed with a driver")


def _check_driver(check: Tests, driver: Files, document: Document, folder: Document, at: FieldPath) -> None:
    language = driver_language(driver)
    if language is None:
        folder.add_mistake((), f"{check.driver}/ has no program: {_DRIVER_FILES}")
    elif check.build and language is not Framework.CPP:
        document.add_mistake((*at, "build"), "is only allowed for a driver in C++")


def _check_names(check: Tests, tests: Files, document: Document, at: FieldPath) -> None:
    rule = _RULES[check.framework]
    known = set(_known_parts(check.framework, tests))
    for index, name in enumerate(check.expected):
        if not rule.form.fullmatch(name):
            message = f"{shortened(name)!r} is no test of framework {check.framework.value!r}, such as {rule.example!r}"
            document.add_mistake((*at, "expected", index), message)
        elif _part(check.framework, name) not in known:
            message = f"the test files have no test {shortened(name)!r}"
            near = closest(_part(check.framework, name), sorted(known))
            document.add_mistake((*at, "expected", index), message, near)
    listed = {_part(check.framework, name) for name in check.expected}
    for part in sorted(known - listed):
        document.add_mistake(
            (*at, "expected"), f"{rule.part} {part!r} is in the tests' folder, but no test of it is listed"
        )


def _known_parts(framework: Framework, tests: Files) -> Iterator[str]:
    for path in find_test_files(framework, tests):
        text = tests[path].decode("utf-8", "replace")
        if framework is Framework.GO:
            yield from _GO_TEST.findall(text)
        elif framework is Framework.CPP:
            yield from _CPP_TEST.findall(text)
        elif framework is not Framework.CARGO or _RUST_TEST.search(text):
            yield path.removesuffix(".rs")


def _part(framework: Framework, name: str) -> str:
    part = name.partition(_RULES[framework].separator)[0]
    if framework is not Framework.CPP:
        return part
    # Instance/Suite of parameterized tests, Suite/0 of typed ones.
    parts = part.split("/")
    return parts[1] if len(parts) > 1 and not parts[1].isdigit() else parts[0]
