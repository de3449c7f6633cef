"""Checks of submitted files: their presence, programs that run them or read them, and databases."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from assay.contracts.checks.check import Check, ContentCheck, HiddenPath, Program, TextCheck, Thresholds, Tolerance
from assay.contracts.codec import Data
from assay.contracts.frameworks import Framework


class FilePresent(Check, frozen=True, kw_only=True, tag="file_present"):
    """Each pattern of ``files`` matches a submitted file with content, and none of ``absent`` matches any file. The
    score is the fraction of patterns that hold."""

    files: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    absent: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    allow_empty: bool = False


class CommandCheck(TextCheck, frozen=True, kw_only=True, tag="command"):
    """``command``, run in a fresh sandbox with the submitted files, exits with ``exit_code`` and prints what is
    expected: ``stdout``, the hidden file ``stdout_file``, or a match of ``stdout_pattern``. Numbers in the output are
    compared with ``tolerance`` if one is set. The command sees only the submission and the files in ``inputs``."""

    command: Annotated[tuple[str, ...], Meta(min_length=1, max_length=100)]
    stdin: str = ""
    inputs: HiddenPath = ""
    """A folder whose files are copied into the workspace for the command. Submitted code can read them, so they must
    contain nothing that reveals the expected output."""
    exit_code: int = 0
    stdout: str | None = None
    stdout_file: HiddenPath = ""
    stdout_pattern: str = ""
    tolerance: Tolerance | None = None
    trusts_exit_code: bool = False
    """Allows a check without an expected output. Submitted code can end with any exit code, so use it only for programs
    of the image that the submission cannot influence."""


class Metric(ContentCheck, frozen=True, kw_only=True, tag="metric"):
    """A number reaches thresholds. It is read from the text: at the JSON path ``field``, as the group of ``pattern``,
    or as the number that the text states. With ``scorer``, a hidden program reads the submitted files as data and its
    output is the text; it runs in a sandbox of its own, in the folder of the submission, and finds ``tests/`` at
    ``/tests``. Use a scorer where submitted code would otherwise report its own result."""

    field: Annotated[str, Meta(max_length=300)] = ""
    pattern: str = ""
    scorer: Program = ()
    thresholds: Thresholds
    lower_is_better: bool = False
    interpolate: bool = False
    """Between two thresholds, the score is interpolated linearly."""


class PlantCheck(Check, frozen=True, kw_only=True, tag="plant"):
    """The judge repeats the logged actions on its own simulation of the task's plant. They pass if the plant is healthy
    in the end, no safety limit was exceeded and no sound equipment was left changed."""


class SqlQuery(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rows of ``query`` equal ``rows`` or, if it is named, the CSV file ``rows_file`` without its header. Without
    ``ordered``, their order does not matter. In CSV, an empty field without quotes is NULL."""

    query: Annotated[str, Meta(min_length=1, max_length=20_000)]
    rows: tuple[tuple[str | int | float | bool | None, ...], ...] | None = None
    rows_file: HiddenPath = ""
    ordered: bool = False


class Sql(Check, frozen=True, kw_only=True, tag="sql"):
    """Queries return the expected rows. The database is the submitted SQLite file ``database``, or the PostgreSQL
    service at ``url``, queried by the image's ``psql`` in the sandbox in which the commands of ``before`` ran, for
    example a submitted migration. The score is the fraction of queries that are right."""

    database: Annotated[str, Meta(max_length=300)] = ""
    url: Annotated[str, Meta(pattern=r"^(postgres(ql)?://[^\s]+)?$", max_length=300)] = ""
    inputs: HiddenPath = ""
    """A folder whose files are copied into the workspace before ``before``."""
    before: Annotated[tuple[Program, ...], Meta(max_length=20)] = ()
    queries: Annotated[tuple[SqlQuery, ...], Meta(min_length=1, max_length=200)]
    tolerance: Tolerance = Tolerance()


class Tests(Check, frozen=True, kw_only=True, tag="tests"):
    """Hidden tests under ``path``, run by ``framework``. Exactly the ``expected`` tests must run; the score is the
    fraction that pass."""

    __test__: ClassVar[bool] = False
    path: str = "tests"
    framework: Framework = Framework.PYTEST
    driver: Annotated[str, Meta(pattern=r"^(driver(/[A-Za-z0-9._-]+)*)?$", max_length=200)] = ""
    """The folder of a program that is compiled together with the submission and serves the tests' requests."""
    build: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    """Compiles a driver in C++ into ``assay_driver/driver``, from the folder of the submitted files. Empty: g++ with
    every source file of both."""
    command: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    """With ``framework: cpp``, a program that runs the tests and prints TAP. Empty: GoogleTest."""
    expected: Annotated[tuple[str, ...], Meta(min_length=1)]
