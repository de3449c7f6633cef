"""Checks of submitted files, with real sandboxes."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec import structs

from assay.contracts.checks import (
    AnyCheck,
    Classification,
    ClassificationMetric,
    CommandCheck,
    FilePresent,
    Metric,
    OutputFormat,
    ReferenceOutput,
    Regression,
    RegressionMetric,
    Sql,
    SqlQuery,
    Threshold,
    Tolerance,
)
from assay.contracts.tasks import HiddenTask, Solver
from services.judge.artifacts.hidden_bundles import HiddenBundle
from services.judge.checks.check_result import CheckScore
from services.judge.errors import HiddenBundleInvalid
from services.judge.grading.context import GradingContext
from services.judge.grading.grade import run_check
from tests.judge.harness import SPEC, RealTools, grade_answer

Texts = Mapping[str, str | bytes]


def encoded(files: Texts) -> dict[str, bytes]:
    return {path: content.encode() if isinstance(content, str) else content for path, content in files.items()}


async def graded(check: AnyCheck, files: Texts, tools: RealTools, hidden: Texts | None = None) -> CheckScore:
    task = HiddenTask(task_id="t", digest="0" * 64, solver=Solver.FILES, outputs=("*",), sandbox=SPEC, checks=(check,))
    bundle = HiddenBundle(task=task, files=encoded(hidden or {}))
    context = GradingContext(hidden=bundle, sample_id="main", output=encoded(files), tools=tools)
    return await run_check(check, context)


@pytest.mark.parametrize(
    ("files", "score", "message"),
    [
        ({"a.py": "x", "data/b.csv": "y"}, 1.0, ""),
        ({"a.py": "x"}, 2 / 3, "data/*.csv was not submitted"),
        ({"a.py": " \n", "data/b.csv": "y"}, 2 / 3, "a.py is empty"),
        ({"a.py": "x", "data/b.csv": "y", "secret.pem": "z"}, 2 / 3, "*.pem was submitted"),
    ],
)
async def test_file_present(tools: RealTools, files: Texts, score: float, message: str) -> None:
    check = FilePresent(files=("a.py", "data/*.csv"), absent=("*.pem",))
    found = await graded(check, files, tools)
    assert (found.score, found.message, found.passed) == (pytest.approx(score), message, score == 1.0)


COUNT = "import sys\nprint(sum(int(line) for line in sys.stdin))\n"


async def test_a_command_is_compared_by_its_output(tools: RealTools) -> None:
    check = CommandCheck(command=("python3", "sum.py"), stdin="1\n2\n", stdout="3")
    assert (await graded(check, {"sum.py": COUNT}, tools)).passed
    wrong = await graded(check, {"sum.py": "print(4)"}, tools)
    assert (wrong.passed, wrong.message) == (False, "the program's output is not the expected one")
    assert wrong.evidence.difference.splitlines()[-2:] == ["-3", "+4"]
    assert (await graded(check, {}, tools)).message == "the program ended with exit code 2, not 0"


async def test_a_command_that_ends_well_without_the_output_fails(tools: RealTools) -> None:
    check = CommandCheck(command=("python3", "sum.py"), stdin="1\n2\n", stdout_file="tests/expected.txt")
    leaves = {"sum.py": "import os\nos._exit(0)"}
    assert not (await graded(check, leaves, tools, {"tests/expected.txt": "3\n"})).passed


async def test_a_command_sees_its_inputs_and_no_other_hidden_file(tools: RealTools) -> None:
    program = "import os\nprint(open('numbers.txt').read().strip(), sorted(os.listdir('.')), os.path.exists('/tests'))"
    check = CommandCheck(command=("python3", "a.py"), inputs="tests/inputs", stdout="7 ['a.py', 'numbers.txt'] False")
    hidden = {"tests/inputs/numbers.txt": "7", "tests/expected.txt": "secret"}
    assert (await graded(check, {"a.py": program}, tools, hidden)).passed


@pytest.mark.parametrize(
    ("printed", "passes"),
    [
        ("mean 2.5004 of 10", True),
        ("mean 2.6 of 10", False),
        ("mean 2.5 of ten", False),
        ("mean 2.5 of 10\nmore", False),
        ("mean 2.5 of 10  \n\n", True),
    ],
)
async def test_numbers_in_the_output_have_a_tolerance(tools: RealTools, printed: str, passes: bool) -> None:
    check = CommandCheck(command=("cat", "out"), stdout="mean 2.5 of 10\n", tolerance=Tolerance(absolute=0.001))
    assert (await graded(check, {"out": printed}, tools)).passed is passes


async def test_a_command_that_exceeds_a_limit_fails_by_its_name(tools: RealTools) -> None:
    check = CommandCheck(command=("python3", "-c", "bytearray(1 << 40)"), stdout="x")
    assert (await graded(check, {"a": "a"}, tools)).message.startswith("the program ended with exit code 1")
    forks = CommandCheck(command=("sh", "-c", "head -c 900000000 /dev/zero | tail"), stdout="x")
    assert "memory limit" in (await graded(forks, {"a": "a"}, tools)).message


@pytest.mark.parametrize(
    ("value", "score"), [("0.95", 1.0), ("0.9", 1.0), ("0.89", 0.5), ("0.5", 0.5), ("0.49", 0.0), ("-1", 0.0)]
)
async def test_a_metric_scores_by_the_thresholds_it_reaches(tools: RealTools, value: str, score: float) -> None:
    thresholds = (Threshold(value=0.9), Threshold(value=0.5, score=0.5))
    check = Metric(name="auc", file="m.json", field="scores.0.auc", thresholds=thresholds)
    found = await graded(check, {"m.json": f'{{"scores": [{{"auc": {value}}}]}}'}, tools)
    assert (found.score, found.metrics) == (score, {"auc": float(value)})


async def test_a_metric_is_found_by_a_pattern_and_interpolated(tools: RealTools) -> None:
    thresholds = (Threshold(value=10.0), Threshold(value=20.0, score=0.0))
    check = Metric(file="log", pattern=r"rmse=(\S+)", thresholds=thresholds, lower_is_better=True, interpolate=True)
    assert (await graded(check, {"log": "epoch 1 rmse=12.5 done"}, tools)).score == pytest.approx(0.75)
    assert (await graded(check, {"log": "epoch 1 rmse=9 done"}, tools)).score == 1.0
    assert (await graded(check, {"log": "epoch 1 rmse=nan"}, tools)).message.startswith("the text does not contain")
    assert (await graded(check, {}, tools)).message == "the file log was not submitted"


SCORER = """
import csv, pathlib
truth = dict(csv.reader(open("/tests/truth.csv")))
given = dict(csv.reader(open("predictions.csv")))
print({"right": sum(given.get(key) == value for key, value in truth.items()) / len(truth)})
"""


async def test_a_scorer_reads_the_submission_beside_hidden_files(tools: RealTools) -> None:
    check = Metric(
        scorer=("python3", "/tests/score.py"), pattern=r"right': ([\d.]+)", thresholds=(Threshold(value=1.0),)
    )
    hidden = {"tests/score.py": SCORER, "tests/truth.csv": "a,1\nb,0\n"}
    assert (await graded(check, {"predictions.csv": "a,1\nb,0\n"}, tools, hidden)).passed
    assert (await graded(check, {"predictions.csv": "a,1\nb,1\n"}, tools, hidden)).metrics == {"metric": 0.5}
    lacking = await graded(check, {"other.csv": ""}, tools, hidden)
    assert (lacking.passed, lacking.message) == (False, "the scorer could not score the submission: exit code 1")
    absent = Metric(scorer=("no-such-program",), thresholds=(Threshold(value=1.0),))
    with pytest.raises(HiddenBundleInvalid, match="cannot be started"):
        await graded(absent, {"predictions.csv": ""}, tools, hidden)


def database(tmp_path: Path, *statements: str) -> bytes:
    path = tmp_path / "made.db"
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    return path.read_bytes()


async def test_queries_of_a_submitted_database(tools: RealTools, tmp_path: Path) -> None:
    made = database(
        tmp_path,
        "CREATE TABLE people (name, age, weight)",
        "INSERT INTO people VALUES ('Ana', 3, 10.5), ('Bo', 4, NULL)",
    )
    check = Sql(
        database="out.db",
        tolerance=Tolerance(absolute=0.01),
        queries=(
            SqlQuery(query="SELECT name, age FROM people", rows=(("Bo", 4), ("Ana", 3))),
            SqlQuery(query="SELECT name FROM people ORDER BY age DESC", rows=(("Ana",), ("Bo",)), ordered=True),
            SqlQuery(query="SELECT weight FROM people", rows_file="tests/weights.csv"),
            SqlQuery(query="SELECT missing FROM people", rows=()),
        ),
    )
    found = await graded(check, {"out.db": made}, tools, {"tests/weights.csv": "weight\n10.505\n,\n"})
    assert found.score == 0.25
    assert found.message == (
        "query 2 returns other rows (2, expected 2); query 3 returns other rows (2, expected 2); "
        "query 4: no such column: missing"
    )


async def test_a_query_cannot_change_the_submitted_database(tools: RealTools, tmp_path: Path) -> None:
    made = database(tmp_path, "CREATE TABLE a (x)")
    check = Sql(database="a.db", queries=(SqlQuery(query="DELETE FROM a", rows=()),))
    assert "readonly" in (await graded(check, {"a.db": made}, tools)).message
    assert "not a database" in (await graded(check, {"a.db": b"nonsense" * 100}, tools)).message
    assert (await graded(check, {}, tools)).message == "the file a.db was not submitted"


@pytest.mark.parametrize(
    ("check", "output", "reference", "score"),
    [
        (ReferenceOutput(file="o"), "a b\r\n", "a b", 1.0),
        (ReferenceOutput(file="o"), "a c", "a b", 0.0),
        (ReferenceOutput(file="o", similarity=0.6), "the cat sat", "the cat sits", 1.0),
        (ReferenceOutput(file="o", format=OutputFormat.LINES), "a\nb\nx", "a\nb\nc\nd", 0.5),
        (ReferenceOutput(file="o", format=OutputFormat.LINES, ordered=False), "b\na", "a\nb", 1.0),
        (ReferenceOutput(file="o", format=OutputFormat.LINES, ordered=False), "b\na\na", "a\nb", 2 / 3),
        (
            ReferenceOutput(file="o", format=OutputFormat.CSV, tolerance=Tolerance(absolute=0.1)),
            "id,v\n1,2.05\n",
            "id,v\n1,2.0\n",
            1.0,
        ),
        (ReferenceOutput(file="o", format=OutputFormat.CSV), 'id,v\n1,"2\n', "id,v\n1,2\n", 0.0),
        (
            ReferenceOutput(file="o", format=OutputFormat.CSV, ordered=False, tolerance=Tolerance(relative=0.1)),
            "b,2\na,1.01\n",
            "a,1\nb,2\n",
            1.0,
        ),
        (
            ReferenceOutput(file="o", format=OutputFormat.JSON),
            '{"a": [1, 2.0], "b": null}',
            '{"b": null, "a": [1, 2]}',
            1.0,
        ),
        (ReferenceOutput(file="o", format=OutputFormat.JSON), '{"a": [1, true]}', '{"a": [1, 1], "b": 2}', 1 / 3),
        (ReferenceOutput(file="o", format=OutputFormat.JSON), '{"a": NaN}', '{"a": 1}', 0.0),
        (ReferenceOutput(file="o", format=OutputFormat.JSON, ignore_case=True), '{"a": "X"}', '{"a": "x"}', 1.0),
        (ReferenceOutput(file="o", format=OutputFormat.JSON), "[" * 100_000, '{"a": 1}', 0.0),
        (
            ReferenceOutput(file="o", format=OutputFormat.LINES, ordered=False),
            "\n".join(f"wrong {number}" for number in range(200_000)),
            "\n".join(map(str, range(200))),
            0.0,
        ),
    ],
)
async def test_reference_output(
    tools: RealTools, check: ReferenceOutput, output: str, reference: str, score: float
) -> None:
    check = structs.replace(check, reference="tests/ref")
    found = await graded(check, {"o": output}, tools, {"tests/ref": reference})
    assert (found.score, found.passed) == (pytest.approx(score), score == 1.0), found.message


async def test_a_value_of_the_sample_is_compared_as_json(tools: RealTools) -> None:
    check = ReferenceOutput(format=OutputFormat.JSON)
    assert (await grade_answer(check, '{"a": [1, "x"]}', {"a": [1, "x"]}, tools.regex)).passed
    assert (await grade_answer(check, '{"a": [2, "x"]}', {"a": [1, "x"]}, tools.regex)).score == 0.5


TRUTH = "id,label\n1,yes\n2,no\n3,no\n4,no\n"


async def test_predictions_are_scored_by_the_metric_of_the_task(tools: RealTools) -> None:
    check = Classification(
        file="p.csv",
        classes=("yes", "no"),
        positive="yes",
        metric=ClassificationMetric.F1,
        reference="tests/truth.csv",
        thresholds=(Threshold(value=0.9), Threshold(value=0.6, score=0.5)),
    )
    hidden = {"tests/truth.csv": TRUTH}
    found = await graded(check, {"p.csv": "label,id\nYES,1\nyes,2\nno,3\nno,4\n"}, tools, hidden)
    assert found.metrics["f1"] == pytest.approx(2 / 3)
    assert found.metrics["accuracy"] == 0.75
    assert (found.score, found.passed) == (0.5, False)
    missing = await graded(check, {"p.csv": "id,label\n1,yes\n"}, tools, hidden)
    assert missing.message == "3 of 4 ids are missing, for example '2'"
    twice = await graded(check, {"p.csv": "id,label\n1,yes\n1,no\n"}, tools, hidden)
    assert "occurs twice" in twice.message
    nothing = await graded(check, {"p.csv": ""}, tools, hidden)
    assert "no column 'id' in the header: the file is empty" in nothing.message
    with pytest.raises(HiddenBundleInvalid):
        await graded(check, {"p.csv": TRUTH}, tools, {"tests/truth.csv": "id,label\n"})


async def test_numbers_are_scored_by_correlation(tools: RealTools) -> None:
    check = Regression(
        file="p.csv",
        metric=RegressionMetric.SPEARMAN,
        reference="tests/truth.csv",
        thresholds=(Threshold(value=0.99),),
    )
    hidden = {"tests/truth.csv": "id,value\na,1\nb,2\nc,30\n"}
    assert (await graded(check, {"p.csv": "id,value\na,0\nb,0.5\nc,0.6\n"}, tools, hidden)).passed
    assert (await graded(check, {"p.csv": "id,value\na,1\nb,1\nc,1\n"}, tools, hidden)).metrics["spearman"] == 0.0
    assert (
        "not a finite number: inf"
        in (await graded(check, {"p.csv": "id,value\na,inf\nb,1\nc,1\n"}, tools, hidden)).message
    )
    huge = await graded(check, {"p.csv": "id,value\na,1e308\nb,-1e308\nc,1e308\n"}, tools, hidden)
    assert (huge.passed, huge.metrics["mean_absolute_error"]) == (False, pytest.approx(1e300))
