"""Validates hidden tests of frameworks other than pytest: their files, their names and the driver. Like those of
pytest, they are read and never run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assay.catalog.tasks.folder import files_in
from assay.catalog.yaml.document import Document, FieldPath
from assay.contracts.checks import Framework, Tests
from assay.contracts.test_files import PATTERNS, driver_language, test_files
from assay.files import Files
from assay.validation.did_you_mean import closest, shortened

_COMPILED = (Framework.GO, Framework.CARGO, Framework.CPP)
_DRIVER_FILES = "main.go, main.rs or a C++ source file"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    """``form`` is what a name looks like and ``example`` one; ``declared`` finds tests in a source file."""

    form: re.Pattern[str]
    example: str
    declared: re.Pattern[str] | None = None


_RULES = {
    Framework.NODE: _Rule(form=re.compile(r"[^>]+( > [^>]+)+"), example="lru.test.mjs > LruCache > evicts"),
    Framework.GO: _Rule(
        form=re.compile(r"Test[^\s/]*(/\S+)*"),
        example="TestEvicts/oldest",
        declared=re.compile(r"^func\s+(Test[^a-z(]\w*|Test)\s*\(\s*\w+\s+\*testing\.T\s*\)", re.MULTILINE),
    ),
    Framework.CARGO: _Rule(form=re.compile(r"\w+(::\w+)+"), example="lru::evicts_oldest"),
    Framework.CPP: _Rule(form=re.compile(r"[\w/]+\.[\w/]+"), example="LruCache.Evicts"),
}
_RULES[Framework.HTML] = _RULES[Framework.NODE]


def check_framework(check: Tests, files: Files, document: Document, folder: Document, at: FieldPath) -> None:
    """Adds mistakes of the check to ``document`` and those of its files to ``folder``."""
    _check_fields(check, document, at)
    if check.driver:
        _check_driver(check, files_in(files, check.driver), document, folder, at)
    if check.framework is Framework.PYTEST:
        return
    tests = files_in(files, check.path)
    if not check.command and not test_files(check.framework, tests):
        wanted = ", ".join(PATTERNS[check.framework])
        folder.add_mistake((), f"{check.path}/ has no test file of framework {check.framework.value!r} ({wanted})")
    elif not check.command:
        _check_names(check, tests, document, at)
    _check_listed_once(check, document, at)


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
    known = set(_known_names(check.framework, tests, rule))
    for index, name in enumerate(check.expected):
        if not rule.form.fullmatch(name):
            message = f"{shortened(name)!r} is no test of framework {check.framework.value!r}, such as {rule.example!r}"
            document.add_mistake((*at, "expected", index), message)
        elif _known_part(check.framework, name) not in known:
            message = f"the test files have no test {shortened(name)!r}"
            near = closest(_known_part(check.framework, name), sorted(known))
            document.add_mistake((*at, "expected", index), message, near)
    if rule.declared:
        listed = {_known_part(check.framework, name) for name in check.expected}
        for name in sorted(known - listed):
            document.add_mistake((*at, "expected"), f"test {name!r} is in the test files but not listed")


def _known_names(framework: Framework, tests: Files, rule: _Rule) -> Iterator[str]:
    """What can be known without running a test: names of files in JavaScript and Rust, of suites in C++, of functions
    in Go."""
    for path in test_files(framework, tests):
        text = tests[path].decode("utf-8", "replace")
        if rule.declared:
            yield from rule.declared.findall(text)
        elif framework is Framework.CPP:
            yield from re.findall(r"^\s*(?:TYPED_)?TEST(?:_F|_P)?\s*\(\s*(\w+)\s*,", text, re.MULTILINE)
        else:
            yield path.removesuffix(".rs")


def _known_part(framework: Framework, name: str) -> str:
    if framework is Framework.CPP:
        parts = name.partition(".")[0].split("/")
        return parts[1] if len(parts) > 1 and not parts[1].isdigit() else parts[0]
    separator = {Framework.GO: "/", Framework.CARGO: "::"}.get(framework, " > ")
    return name.partition(separator)[0]


def _check_listed_once(check: Tests, document: Document, at: FieldPath) -> None:
    seen: set[str] = set()
    for index, name in enumerate(check.expected):
        if name in seen:
            document.add_mistake((*at, "expected", index), f"test {shortened(name)!r} is listed twice")
        seen.add(name)
