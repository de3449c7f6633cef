"""Whatever single value of a log or output is replaced, it is imported, left out or refused, and what is imported can
be stored."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.results.results_plan import ResultsPlan
from assay.contracts.codec import decode, encode
from assay.contracts.imported_runs import ImportedRun
from tests.catalog.importers.results import inspect_logs, lm_eval_output
from tests.catalog.importers.results.inspect_logs import assistant, call, sample, score, system, tool, usage, user
from tests.catalog.importers.results.lm_eval_output import choice, generated

ODD: tuple[Any, ...] = (
    *(None, True, -1, 1.5, 2**70, float("nan"), float("inf"), "", "\ud800", "a\0", "9" * 400),
    *([], ["\ud800"], [[]], {}, {"\ud800": {"x": None}}, [{"role": "user"}]),
)
Path_ = tuple[Any, ...]


def places(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Of every value inside of a value."""
    if path:
        yield path
    items: Any = ()
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
    elif isinstance(value, list):
        items = enumerate(cast("list[Any]", value))
    for key, each in items:
        yield from places(each, (*path, key))


def variants(value: Any) -> Iterator[Any]:
    """Each differs in one place, by another odd value from place to place."""
    for index, path in enumerate(places(value)):
        for odd in (ODD[index % len(ODD)], ODD[(index * 7 + 3) % len(ODD)], ODD[(index * 5 + 11) % len(ODD)]):
            changed = inner = copy.deepcopy(value)
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = copy.deepcopy(odd)
            yield changed


def check(read: Callable[[], ResultsPlan]) -> bool:
    """Whether it was imported."""
    try:
        plan = read()
    except ImportFailed as error:
        assert "cannot be stored" not in str(error)
        return False
    for run in plan.runs:
        assert decode(ImportedRun, encode(run)) == run
    return True


def test_logs_of_inspect(tmp_path: Path) -> None:
    agent = sample(
        2,
        messages=[
            system("x"),
            user([{"type": "text", "text": "a"}, {"type": "image", "image": "q"}]),
            assistant(
                [{"type": "reasoning", "reasoning": "r"}, {"type": "text", "text": "t"}],
                tool_calls=[call("add", {"x": [1]})],
            ),
            tool("3", "add", error={"type": "timeout", "message": "m"}),
        ],
        scores={"match": score("C"), "multi": score({"a": 0.5})},
        choices=["a", "b"],
        limit={"type": "token", "limit": 1.0},
        error={"message": "e"},
        model_usage={inspect_logs.MODEL: usage(1, 1, input_tokens_cache_read=1, total_cost=0.1)},
        attachments={"q": "data:"},
    )
    samples = [check(lambda each=each: inspect_logs.plan_of(tmp_path, sample(1), each)) for each in variants(agent)]
    heads = [
        check(lambda each=each: inspect_logs.plan_of(tmp_path, sample(1), head=each))
        for each in variants(inspect_logs.header())
    ]
    old = inspect_logs.old_log()["samples"][0]
    olds = [check(lambda each=each: inspect_logs.plan_of(tmp_path, sample(1), each)) for each in variants(old)]
    assert samples.count(True) > 200
    assert heads.count(True) > 50
    assert olds.count(True) > 50


@pytest.mark.parametrize(
    "line",
    [generated(1), choice(1, [-1.0, -2.0], ["a", "b"], 1, {"exact_match": 1.0, "f1": 0.5})],
    ids=["generated", "choice"],
)
def test_outputs_of_lm_eval(tmp_path: Path, line: dict[str, Any]) -> None:
    lines = [
        check(lambda each=each: lm_eval_output.plan_of(tmp_path, {"t": [generated(0), each]}))
        for each in variants(line)
    ]
    heads = [
        check(lambda each=each: lm_eval_output.plan_of(tmp_path, {"t": [line]}, each))
        for each in variants(lm_eval_output.results("t"))
    ]
    assert lines.count(True) > 50
    assert heads.count(True) > 50
