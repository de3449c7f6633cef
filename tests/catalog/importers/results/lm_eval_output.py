"""Writes outputs in the format of lm-eval 0.4.13."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.catalog.importers.results.lm_eval.output import read
from assay.catalog.importers.results.results_plan import ResultsOptions, ResultsPlan
from assay.contracts.imported_runs import ImportedRun

DATE = "2026-01-02T03-04-05.678901"
MODEL = "meta-llama/Llama-3.1-8B"
HASHES = {"doc_hash": "d", "prompt_hash": "p", "target_hash": "t"}


def generated(
    doc_id: int, metrics: Mapping[str, Any] | None = None, filter_: str = "none", **more: Any
) -> dict[str, Any]:
    """A line of a task whose output type is ``generate_until``."""
    metrics = {"exact_match": 1.0} if metrics is None else metrics
    return {
        "doc_id": doc_id,
        "doc": {"question": f"{doc_id}+1?", "answer": str(doc_id + 1)},
        "target": str(doc_id + 1),
        "arguments": {"gen_args_0": {"arg_0": f"Q: {doc_id}+1?\nA:", "arg_1": {"until": ["\n"]}}},
        "resps": [[f" It is {doc_id + 1}."]],
        "filtered_resps": [str(doc_id + 1)],
        "filter": filter_,
        "metrics": list(metrics),
        **HASHES,
        **metrics,
        **more,
    }


def choice(
    doc_id: int,
    likelihoods: Sequence[float],
    choices: Sequence[str],
    target: object,
    metrics: Mapping[str, Any],
    **more: Any,
) -> dict[str, Any]:
    """A line of a task whose output type is ``multiple_choice``."""
    requests = {
        f"gen_args_{index}": {"arg_0": "Q: pick\nA:", "arg_1": f" {each}"} for index, each in enumerate(choices)
    }
    rated = [[str(each), "False"] for each in likelihoods]
    return {
        "doc_id": doc_id,
        "doc": {"query": "pick", "gold": target},
        "target": str(target),
        "arguments": requests,
        "resps": [[each] for each in rated],
        "filtered_resps": rated,
        "filter": "none",
        "metrics": list(metrics),
        **HASHES,
        **metrics,
        **more,
    }


def results(*tasks: str, higher: Mapping[str, bool] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "results": {task: {"name": task, "alias": task, "sample_len": 2, "exact_match,none": 1.0} for task in tasks},
        "group_subtasks": {},
        "configs": {task: {"task": task, "num_fewshot": 5, "output_type": "generate_until"} for task in tasks},
        "versions": dict.fromkeys(tasks, 3.0),
        "n-shot": dict.fromkeys(tasks, 5),
        "higher_is_better": {task: dict(higher or {"exact_match": True}) for task in tasks},
        "n-samples": {task: {"original": 2, "effective": 2} for task in tasks},
        "config": {"model": "hf", "model_args": {"pretrained": MODEL, "dtype": "auto"}, "limit": None},
        "git_hash": "abc",
        "date": 1767323045.5,
        "pretty_env_info": "",
        "transformers_version": "5.0.0",
        "lm_eval_version": "0.4.13",
        "task_hashes": {},
        "model_source": "hf",
        "model_name": MODEL,
        "model_name_sanitized": "meta-llama__Llama-3.1-8B",
        "total_evaluation_time_seconds": "12.5",
        **more,
    }


def write_output(
    folder: Path,
    samples: Mapping[str, Sequence[Any]],
    head: Mapping[str, Any] | None = None,
    date: str = DATE,
    name: str = "results",
) -> Path:
    """The results file; the files of samples are beside it. A line that is text is written as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    for task, lines in samples.items():
        text = "".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in lines)
        (folder / f"samples_{task}_{date}.jsonl").write_text(text, encoding="utf-8")
    path = folder / f"{name}_{date}.json"
    path.write_text(json.dumps(results(*samples) if head is None else head, indent=2))
    return path


def plan_of(
    folder: Path, samples: Mapping[str, Sequence[Any]], head: Mapping[str, Any] | None = None, **options: Any
) -> ResultsPlan:
    return read(write_output(folder, samples, head), ResultsOptions(**options))


def run_of(
    folder: Path, samples: Mapping[str, Sequence[Any]], head: Mapping[str, Any] | None = None, **options: Any
) -> ImportedRun:
    """The only run."""
    [run] = plan_of(folder, samples, head, **options).runs
    return run
