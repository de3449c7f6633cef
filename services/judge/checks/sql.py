"""``sql``: queries of a submitted SQLite file, or of a PostgreSQL service after submitted commands, return the expected
rows."""

from __future__ import annotations

import base64
import csv
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.contracts.checks import Sql, SqlQuery, Tolerance
from assay.contracts.sandboxspec import Place
from assay.files import FilesRefused
from assay.sandbox import Command, CommandResult, FilesMount, Sandbox
from services.judge.checks.check_result import CheckScore, failed, partial
from services.judge.checks.numeric import within
from services.judge.checks.program import limit_problem
from services.judge.errors import HiddenBundleInvalid
from services.judge.grading.context import GradingContext
from services.judge.readers.finite import finite, parse_finite
from services.judge.readers.table import read_rows

_PROGRAM = "/opt/judge/query_sqlite.py"
_NULL = "\u2400"
"""How psql is told to print NULL. A text that consists of this character alone cannot be told apart from it."""
MAX_ROWS = 10_000

Row = Sequence[Any]


class QueryFailed(Exception):
    """The query could not be run on what was submitted; the message says why."""


async def check(check: Sql, context: GradingContext) -> CheckScore:
    results = await (_of_service(check, context) if check.url else _of_file(check, context))
    if isinstance(results, CheckScore):
        return results
    problems: list[str] = []
    shown: list[str] = []
    for number, (query, result) in enumerate(zip(check.queries, results, strict=True), start=1):
        expected = _expected_rows(query, context)
        shown.append(f"query {number}: {expected!r}")
        if isinstance(result, QueryFailed):
            problems.append(f"query {number}: {result}")
        elif not same_rows(result, expected, ordered=query.ordered, tolerance=check.tolerance):
            problems.append(f"query {number} returns other rows ({len(result)}, expected {len(expected)})")
    submitted = "\n".join(f"query {number}: {result!r}" for number, result in enumerate(results, start=1))
    total = len(check.queries)
    score = partial(total - len(problems), total, "; ".join(problems)[:500])
    return score.with_evidence(submitted, "\n".join(shown))


async def _of_file(check: Sql, context: GradingContext) -> list[list[Row] | QueryFailed]:
    """The file is opened read-only, by a program of ours in a sandbox: a database is untrusted data."""
    content = context.submitted(check.database)
    program = Path(__file__).with_name("query_sqlite.py").read_bytes()
    mounts = [FilesMount(path="/opt/judge", files={"query_sqlite.py": program})]
    async with context.sandbox(Place.TESTS, {"database": content}, mounts) as sandbox:
        request = json.dumps({"queries": [query.query for query in check.queries], "max_rows": MAX_ROWS})
        argv = ["python3", "-I", sandbox.locate(_PROGRAM)]
        result = await sandbox.run(Command(argv=argv, stdin=request.encode(), output_bytes=50_000_000))
    if problem := limit_problem(result):
        return [QueryFailed(problem)] * len(check.queries)
    if result.exit_code or result.stdout_truncated:
        raise HiddenBundleInvalid(f"the queries cannot be run: {result.stderr.decode('utf-8', 'replace')[-300:]}")
    return [_decoded(each) for each in json.loads(result.stdout)]


def _decoded(result: dict[str, Any]) -> list[Row] | QueryFailed:
    if "error" in result:
        return QueryFailed(result["error"])
    return [
        [base64.b64decode(cell["blob"]) if isinstance(cell, dict) else cell for cell in row] for row in result["rows"]
    ]


async def _of_service(check: Sql, context: GradingContext) -> list[list[Row] | QueryFailed] | CheckScore:
    """The submitted commands run first. Each is over, with everything that it started, when the next one begins."""
    files = {**context.files(check), **context.hidden_folder(check.inputs)}
    try:
        async with context.sandbox(Place.CANDIDATE, files) as sandbox:
            for argv in check.before:
                result = await sandbox.run(Command(argv=argv))
                if problem := limit_problem(result) or _exit_problem(result):
                    return failed(f"{' '.join(argv)[:100]}: {problem}")
            return [await _query_service(sandbox, check.url, query.query) for query in check.queries]
    except FilesRefused as error:
        return failed(f"the submitted files cannot be written to a sandbox: {error}")


def _exit_problem(result: CommandResult) -> str:
    if result.exit_code == 0:
        return ""
    last = (result.stderr.decode("utf-8", "replace").strip().splitlines() or [""])[-1]
    return f"exit code {result.exit_code}: {last[:200]}"


async def _query_service(sandbox: Sandbox, url: str, query: str) -> list[Row] | QueryFailed:
    argv = ["psql", url, "--no-psqlrc", "--csv", "--tuples-only", f"--pset=null={_NULL}", f"--command={query}"]
    result = await sandbox.run(Command(argv=argv, cwd=".", env={"PGCONNECT_TIMEOUT": "10"}))
    if problem := limit_problem(result) or _exit_problem(result):
        return QueryFailed(problem)
    try:
        rows = read_rows(result.stdout.decode("utf-8", "replace"))
    except (ValueError, csv.Error) as error:
        return QueryFailed(str(error))
    return [[None if cell == _NULL else cell for cell in row] for row in rows]


def _expected_rows(query: SqlQuery, context: GradingContext) -> list[Row]:
    if query.rows is not None:
        return list(query.rows)
    rows = read_rows(context.hidden_file(query.rows_file).decode("utf-8", "replace"))
    return [[cell if cell else None for cell in row] for row in rows[1:]]


def same_rows(given: Sequence[Row], wanted: Sequence[Row], *, ordered: bool, tolerance: Tolerance) -> bool:
    if len(given) != len(wanted):
        return False
    if ordered:
        return all(_same_row(one, other, tolerance) for one, other in zip(given, wanted, strict=True))
    left = Counter(tuple(map(_canonical, row)) for row in given)
    rest = Counter(tuple(map(_canonical, row)) for row in wanted)
    unmatched = list((left - rest).elements())
    for row in (rest - left).elements():
        match = next((one for one in unmatched if _same_row(one, row, tolerance)), None)
        if match is None:
            return False
        unmatched.remove(match)
    return True


def _same_row(given: Row, wanted: Row, tolerance: Tolerance) -> bool:
    pairs = zip(map(_canonical, given), map(_canonical, wanted), strict=False)
    return len(given) == len(wanted) and all(_same_cell(one, other, tolerance) for one, other in pairs)


def _same_cell(given: Any, wanted: Any, tolerance: Tolerance) -> bool:
    if isinstance(given, float) and isinstance(wanted, float):
        return within(given, wanted, tolerance)
    return type(given) is type(wanted) and bool(given == wanted)


def _canonical(cell: Any) -> Any:
    """One type per kind of value, whichever database it comes from: numbers, also those written as text, are floats,
    truth values 1.0 and 0.0 (PostgreSQL writes t and f)."""
    if isinstance(cell, bool):
        return float(cell)
    if isinstance(cell, str):
        if cell in ("t", "f"):
            return float(cell == "t")
        number = parse_finite(cell)
        return cell if number is None else number
    number = finite(cell)
    return cell if number is None else number
