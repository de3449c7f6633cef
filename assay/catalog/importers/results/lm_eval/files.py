"""Finds and opens the files of lm-eval: ``results_<date>.json`` and, beside it, ``samples_<task>_<date>.jsonl``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assay.catalog.importers.errors import ImportFailed
from assay.catalog.importers.plan import LeftOut
from assay.catalog.importers.results import json_file
from assay.catalog.importers.results.json_file import NotJson, WrongForm
from assay.catalog.importers.results.lm_eval.results_file import ResultsFile
from assay.catalog.importers.results.results_plan import ResultsOptions
from assay.catalog.importers.source_file import read_content

_DATE = r"(?P<date>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)"
_RESULTS = re.compile(rf"^(?!samples_).+_{_DATE}\.json$", re.DOTALL)
"""Usually ``results_<date>.json``; with ``--output_path NAME.json`` it is ``NAME_<date>.json``."""
_SAMPLES = re.compile(rf"^samples_(?P<task>.+)_{_DATE}\.jsonl?$", re.DOTALL)
_UNDATED_SAMPLES = re.compile(r"^samples_(?P<task>.+)\.jsonl?$", re.DOTALL)
_NO_MODEL = "has no results file of the same date beside it, which would name the model; name it by --model"


@dataclass(frozen=True, slots=True)
class Output:
    """The files of one call of lm-eval; ``samples`` by task. ``place`` is ``path`` as it is shown."""

    path: Path
    place: str
    results: Path | None
    samples: Mapping[str, Path]

    def tasks(self, results: ResultsFile) -> tuple[str, ...]:
        """Only that of the file if ``path`` is one of samples."""
        named = results.task_names() if self.path == self.results else ()
        return tuple(dict.fromkeys((*named, *self.samples)))


def find_outputs(source: Path, options: ResultsOptions) -> tuple[list[Output], list[LeftOut]]:
    """At least one output. Raises ImportFailed."""
    if source.is_dir():
        return _in_folder(source, options)
    if not source.is_file():
        raise ImportFailed(f"{source}: {'is not a file' if source.exists() else 'does not exist'}")
    if source.suffix == ".eval":
        raise ImportFailed(f"{source}: is a log of Inspect; import it with `assay import inspect`")
    samples = _SAMPLES.match(source.name) or _UNDATED_SAMPLES.match(source.name)
    if samples is None:
        return [_with_samples(source, source.name)], []
    date = samples.groupdict().get("date") or ""
    results = next((path for path in sorted(source.parent.iterdir()) if date and _date(path) == date), None)
    if results is None and not options.model:
        raise ImportFailed(f"{source}: {_NO_MODEL}")
    return [Output(source, source.name, results, {samples.group("task"): source})], []


def read_results(path: Path) -> ResultsFile:
    """Raises ImportFailed."""
    content = read_content(path)
    try:
        found = json_file.decode(ResultsFile, content)
    except WrongForm as error:
        raise ImportFailed(f"{path}: is not a results file of lm-eval ({error})") from error
    except NotJson as error:
        raise ImportFailed(f"{path}: is not valid JSON ({error}); if it was cut off, get it again") from error
    if not found.results and not found.configs:
        inspect = "; it seems to be a log of Inspect: `assay import inspect`" if b'"eval"' in content else ""
        raise ImportFailed(f"{path}: is not a results file of lm-eval: it has neither results nor configs{inspect}")
    return found


def _in_folder(source: Path, options: ResultsOptions) -> tuple[list[Output], list[LeftOut]]:
    files = sorted(path for path in source.rglob("*.json*") if path.is_file())
    outputs = [_with_samples(path, path.relative_to(source).as_posix()) for path in files if _date(path)]
    used = {path for output in outputs for path in output.samples.values()}
    alone = [path for path in files if path not in used and _SAMPLES.match(path.name)]
    if options.model:
        outputs += _without_results(source, alone)
        alone = []
    if not outputs:
        why = f"{alone[0].name} {_NO_MODEL}" if alone else "has no files results_<date>.json of lm-eval"
        raise ImportFailed(f"{source}: {why}")
    return outputs, [LeftOut(what=path.relative_to(source).as_posix(), why=_NO_MODEL) for path in alone]


def _without_results(source: Path, files: list[Path]) -> list[Output]:
    """Those of one folder and date belong together."""
    groups: dict[tuple[Path, str], dict[str, Path]] = {}
    for path in files:
        if found := _SAMPLES.match(path.name):
            groups.setdefault((path.parent, found.group("date")), {})[found.group("task")] = path
    return [
        Output(parent, parent.relative_to(source).as_posix(), None, samples) for (parent, _), samples in groups.items()
    ]


def _with_samples(results: Path, place: str) -> Output:
    date = _date(results)
    samples: dict[str, Path] = {}
    for path in sorted(results.parent.iterdir()):
        found = (_SAMPLES if date else _UNDATED_SAMPLES).match(path.name)
        if found and path.is_file() and (found.groupdict().get("date") or "") == date:
            samples[found.group("task")] = path
    return Output(results, place, results, samples)


def _date(path: Path) -> str:
    """Of a results file; empty for other files."""
    found = _RESULTS.match(path.name)
    return found.group("date") if found else ""
