"""Tasks, suites and models of the scripted gateway."""

from __future__ import annotations

from assay.contracts.models import Capabilities, ModelKind, ModelView, Origin
from assay.contracts.money import Price
from assay.contracts.tasks import Difficulty, Solver, SuiteView, TaskView

_SORT = """Write `solution.py` with a function `merge(intervals)`.

- Intervals are pairs `(start, end)`, both ends included.
- Return the merged intervals, sorted by start.

```python
merge([(1, 3), (2, 6)])  # [(1, 6)]
```

<script>window.pwned = 1</script>

[a link](javascript:window.pwned=1) <img src=x onerror="window.pwned=1">
"""


def _task(task_id: str, title: str, category: str, difficulty: Difficulty, samples: int = 1) -> TaskView:
    answer = samples > 1
    return TaskView(
        task_id=task_id,
        digest=f"{abs(hash(task_id)):064x}"[:64],
        title=title,
        category=category,
        difficulty=difficulty,
        language="" if answer else "python",
        tags=("data",) if answer else ("functions",),
        solver=Solver.ANSWER if answer else Solver.FILES,
        instructions="Answer with one number." if answer else _SORT,
        samples=samples,
        checks=("numeric",) if answer else ("tests",),
    )


TASKS = (
    _task("add_numbers", "Add two numbers", "coding", Difficulty.TRIVIAL),
    _task("fizz_words", "Fizz words", "coding", Difficulty.EASY),
    _task("merge_intervals", "Merge intervals", "coding", Difficulty.MEDIUM),
    _task("text_columns", "Text in columns", "coding", Difficulty.MEDIUM),
    _task("expression_tree", "Expression tree", "coding", Difficulty.HARD),
    _task("telemetry_basic", "Telemetry, basic", "telemetry", Difficulty.EASY, samples=10),
    _task("ticket_routing", "Ticket routing", "routing", Difficulty.EASY, samples=12),
)

SUITES = (
    SuiteView(
        suite_id="demo",
        title="Demo",
        description="Everything in the catalogue, small enough for a laptop.",
        task_ids=tuple(task.task_id for task in TASKS),
    ),
    SuiteView(
        suite_id="coding",
        title="Coding",
        description="Small Python tasks.",
        task_ids=tuple(task.task_id for task in TASKS if task.category == "coding"),
        repeats=2,
    ),
)

_HOSTED = Price(version="2025-10", input_nanousd_per_mtok=150_000_000, output_nanousd_per_mtok=600_000_000)
MODELS = (
    ModelView(name="oracle", provider="oracle", kind=ModelKind.BASELINE),
    ModelView(name="nop", provider="nop", kind=ModelKind.BASELINE),
    ModelView(
        name="local/smollm2-135m", provider="local", kind=ModelKind.LOCAL, price=Price(version="local", local=True)
    ),
    ModelView(name="openai/gpt-4o-mini", provider="openai", kind=ModelKind.HOSTED, price=_HOSTED),
    ModelView(
        name="mine/small",
        provider="mine",
        kind=ModelKind.HOSTED,
        origin=Origin.DATABASE,
        title="Small",
        price=Price(version="registry", input_nanousd_per_mtok=1_000_000_000, output_nanousd_per_mtok=2_000_000_000),
        capabilities=Capabilities(vision=False, tools=True, context_tokens=32_000),
    ),
)
