"""Loads mutated files of the real catalogue: whatever they contain, they load or are listed as mistakes.

``python -m tests.catalog.fuzz --documents 100000 --seed 1`` prints how many loaded and how many were listed. A failure
prints the number of its document; ``--only NUMBER`` loads it again.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from assay.catalog import InvalidCatalog, load_task, make_bundles
from assay.catalog.models import load_registry
from assay.catalog.prices.table import load_prices
from assay.catalog.responses import read_response_file
from assay.catalog.scripts import load_script
from assay.catalog.suites import load_suite
from assay.catalog.tasks.prompt_size import prompt_bytes
from assay.contracts.codec import encode
from assay.contracts.problems import ProblemError
from tests.catalog.mutations import mutated

CATALOG = Path(__file__).parents[2] / "catalog"
_LIBRARY_WORDING = ("Expected `", "- at `", "Input should", "Value error", "Invalid enum", "Object contains")
_TASKS = {path.name: "coding" for path in (CATALOG / "tasks").iterdir()}
_SAMPLES = dict.fromkeys(_TASKS, frozenset({"main", "t01"}))


@dataclass(frozen=True)
class Target:
    """A file to mutate, and what loads it."""

    path: Path
    original: bytes
    load: Callable[[], object]


@dataclass
class FuzzResult:
    """``slowest`` is in seconds, with the number of its document."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    slowest: tuple[float, int] = (0.0, 0)

    @property
    def documents(self) -> int:
        return sum(self.outcomes.values())


def targets(folder: Path) -> list[Target]:
    """The files of a copy of the catalogue in ``folder``."""
    copy = folder / "catalog"
    shutil.copytree(CATALOG, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "responses.yaml").write_text("responses:\n  add_two: a\n  ticket_routing: {t01: b, default: 5}\n")
    (copy / "responses.jsonl").write_text('{"task_id": "add_two", "sample_id": 1, "response": "x"}\n' * 2)
    found: list[tuple[Path, Callable[[], object]]] = []
    for task in sorted((copy / "tasks").iterdir()):
        names = ("task.yaml", "samples.jsonl", "instructions.md")
        files = [*(task / name for name in names), *(task / "tests").glob("*.py")]
        found += [(path, lambda task=task: _task(task)) for path in files if path.is_file()]
    found += [(path, lambda path=path: load_suite(path, path.name, _TASKS)) for path in (copy / "suites").iterdir()]
    scripts = (copy / "scripted").iterdir()
    found += [(path, lambda path=path: load_script(path, path.name, _SAMPLES)) for path in scripts]
    found += [(path, lambda path=path: read_response_file(path)) for path in copy.glob("responses.*")]
    models, prices = copy / "models.yaml", copy / "prices.yaml"
    found.append((models, lambda: load_registry(models, models.name, ("mixed",))))
    found.append((prices, lambda: load_prices(prices, prices.name, ("openai", "local"))))
    return [Target(path, path.read_bytes(), load) for path, load in sorted(found, key=lambda each: each[0])]


def _task(folder: Path) -> object:
    """Loads the task, and does what a run of it would do next."""
    task = load_task(folder)
    bundles = make_bundles(task)
    return encode(task.view()), prompt_bytes(task, task.sample_ids), len(bundles.public)


def run(documents: int, seed: int, only: int | None = None) -> FuzzResult:
    """Raises AssertionError with the number of the document that was neither loaded nor listed."""
    result = FuzzResult()
    with tempfile.TemporaryDirectory() as name:
        files = targets(Path(name))
        for number in range(documents) if only is None else (only,):
            started = time.perf_counter()
            result.outcomes[_load(files, seed, number)] += 1
            result.slowest = max(result.slowest, (time.perf_counter() - started, number))
    return result


def _load(files: list[Target], seed: int, number: int) -> str:
    random = Random(f"{seed}/{number}")
    target = random.choice(files)
    content = mutated(random, target.original, target.path.suffix)
    target.path.write_bytes(content)
    try:
        target.load()
        return "loaded"
    except InvalidCatalog as error:
        _check_mistakes(error, f"seed {seed}, document {number}")
        return "listed"
    except Exception as error:
        raise AssertionError(f"seed {seed}, document {number}, {target.path.name}: {error!r}") from error
    finally:
        target.path.write_bytes(target.original)


def _check_mistakes(error: InvalidCatalog, document: str) -> None:
    """Mistakes have a place and a reason, can be sent, and are in our words."""
    assert error.mistakes, document
    assert isinstance(error, ProblemError) and encode(error.problem), document
    for mistake in error.mistakes:
        assert mistake.file and mistake.message, document
        assert len(str(mistake)) < 2_000, (document, str(mistake)[:200])
        assert not any(words in mistake.message for words in _LIBRARY_WORDING), (document, str(mistake))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    given = parser.parse_args()
    started = time.perf_counter()
    result = run(given.documents, given.seed, given.only)
    seconds, number = result.slowest
    print(f"{result.documents} documents in {time.perf_counter() - started:.0f} s: {dict(result.outcomes)}")
    print(f"slowest: document {number}, {seconds:.2f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
