"""Writes logs in the format of Inspect 0.3.285 (log version 2), and in that of its first versions."""

from __future__ import annotations

import importlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from assay.catalog.importers.results.inspect.log import read
from assay.catalog.importers.results.results_plan import ResultsOptions, ResultsPlan
from assay.contracts.imported_runs import ImportedResult, ImportedRun

ZSTANDARD = 93
MODEL = "openai/gpt-4o-mini"


def user(content: Any, **more: Any) -> dict[str, Any]:
    return {"id": "u", "content": content, "role": "user", **more}


def system(content: str) -> dict[str, Any]:
    return {"id": "s", "content": content, "role": "system"}


def assistant(content: Any, **more: Any) -> dict[str, Any]:
    return {"id": "a", "content": content, "source": "generate", "role": "assistant", "model": MODEL, **more}


def call(function: str, arguments: Any, identifier: str = "call_1") -> dict[str, Any]:
    return {"id": identifier, "function": function, "arguments": arguments, "type": "function"}


def tool(content: Any, function: str, identifier: str = "call_1", **more: Any) -> dict[str, Any]:
    return {"id": "t", "content": content, "role": "tool", "tool_call_id": identifier, "function": function, **more}


def score(value: Any, **more: Any) -> dict[str, Any]:
    return {"value": value, "history": [], **more}


def usage(input_tokens: int = 0, output_tokens: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
        **more,
    }


def output(text: str) -> dict[str, Any]:
    return {"model": MODEL, "choices": [{"message": assistant(text), "stop_reason": "stop"}], "completion": text}


def sample(identifier: int | str = 1, epoch: int = 1, **more: Any) -> dict[str, Any]:
    """A question that was answered by one message, with the score ``C`` of the scorer ``match``."""
    return {
        "id": identifier,
        "epoch": epoch,
        "input": "What is 1+1?",
        "target": "2",
        "messages": [user("What is 1+1?", source="input"), assistant("It is 2.")],
        "output": output("It is 2."),
        "scores": {"match": score("C", answer="2", explanation="It is 2.")},
        "metadata": {},
        "store": {},
        "events": [{"event": "model", "timestamp": "2026-01-02T03:04:05+00:00", "input": [], "tools": []}],
        "model_usage": {MODEL: usage(10, 5)},
        "role_usage": {},
        "total_time": 2.5,
        "working_time": 1.5,
        "uuid": "x",
        "error_retries": [],
        "attachments": {},
        **more,
    }


def header(**more: Any) -> dict[str, Any]:
    """``more`` replaces fields of the header, and those of ``eval`` that are given as ``eval``."""
    spec = {
        "eval_id": "e",
        "run_id": "r",
        "created": "2026-01-02T03:04:05+00:00",
        "task": "sums",
        "task_id": "t",
        "task_version": 0,
        "task_args": {},
        "dataset": {"samples": 2, "sample_ids": [1, 2], "shuffled": False},
        "model": MODEL,
        "model_generate_config": {},
        "model_args": {},
        "config": {"epochs": 1, "fail_on_error": True},
        "packages": {"inspect_ai": "0.3.285"},
        "scorers": [{"name": "match", "options": {}, "metrics": [{"name": "inspect_ai/accuracy", "options": {}}]}],
        **more.pop("eval", {}),
    }
    return {
        "version": 2,
        "status": "success",
        "eval": spec,
        "plan": {"name": "plan", "steps": [{"solver": "generate", "params": {}}], "config": {}},
        "results": {"total_samples": 2, "completed_samples": 2, "scores": []},
        "stats": {"started_at": "2026-01-02T03:04:05+00:00", "completed_at": "", "model_usage": {}},
        **more,
    }


def write_archive(
    path: Path,
    samples: Iterable[Mapping[str, Any]],
    head: Mapping[str, Any] | None = None,
    compression: int = ZSTANDARD,
    members: Mapping[str, str] | None = None,
) -> Path:
    """An ``.eval`` file; ``members`` are written last, as they are."""
    if compression == ZSTANDARD:
        importlib.import_module("zipfile_zstd")
    head = header() if head is None else head
    with zipfile.ZipFile(path, "w", compression) as archive:
        start = {name: head[name] for name in ("version", "eval", "plan") if name in head}
        archive.writestr("_journal/start.json", json.dumps(start))
        for each in samples:
            archive.writestr(f"samples/{each['id']}_epoch_{each['epoch']}.json", json.dumps(each))
        archive.writestr("summaries.json", "[]")
        if head.get("status") != "started":
            archive.writestr("header.json", json.dumps(head))
        for name, text in (members or {}).items():
            archive.writestr(name, text)
    return path


def write_json(path: Path, samples: Iterable[Mapping[str, Any]], head: Mapping[str, Any] | None = None) -> Path:
    path.write_text(json.dumps({**(header() if head is None else head), "samples": list(samples)}, indent=2))
    return path


def old_log() -> dict[str, Any]:
    """As the first versions wrote it: one scorer, attachments in a transcript, few fields."""
    results = {
        "total_samples": 1,
        "completed_samples": 1,
        "scorer": {"name": "includes", "params": {}},
        "metrics": {"accuracy": {"name": "accuracy", "value": 1.0, "options": {}}},
    }
    answered = {
        "id": 1,
        "epoch": 1,
        "input": "Say hi",
        "choices": None,
        "target": "hi",
        "messages": [
            {"content": "tc://abc", "role": "user"},
            {"content": "hi", "role": "assistant", "tool_calls": None},
        ],
        "output": {
            "model": "gpt-4",
            "choices": [{"message": {"content": "hi", "role": "assistant"}, "stop_reason": "length"}],
            "usage": {"input_tokens": 3, "output_tokens": 1, "total_tokens": 4},
        },
        "score": {"value": 1, "answer": "hi", "explanation": None},
        "metadata": {},
        "store": {},
        "transcript": {"events": [], "content": {"abc": "Say hi"}},
        "model_usage": {"openai/gpt-4": {"input_tokens": 3, "output_tokens": 1, "total_tokens": 4}},
    }
    spec = {
        "task": "greeting",
        "task_version": 1,
        "task_file": "greeting.py",
        "task_id": "t",
        "run_id": "r",
        "created": "2024-05-01T10:00:00",
        "dataset": {},
        "model": "openai/gpt-4",
        "task_attribs": {},
        "task_args": {},
        "model_args": {},
        "config": {},
    }
    plan = {"name": "plan", "steps": [], "config": {"temperature": 0.5}}
    return {
        "version": 1,
        "status": "success",
        "eval": spec,
        "plan": plan,
        "results": results,
        "stats": {},
        "samples": [answered],
    }


def plan_of(
    folder: Path, *samples: Mapping[str, Any], head: Mapping[str, Any] | None = None, **options: Any
) -> ResultsPlan:
    return read(write_json(folder / "log.json", samples, head), ResultsOptions(**options))


def run_of(
    folder: Path, *samples: Mapping[str, Any], head: Mapping[str, Any] | None = None, **options: Any
) -> ImportedRun:
    """The only run."""
    [run] = plan_of(folder, *samples, head=head, **options).runs
    return run


def result_of(folder: Path, more: Mapping[str, Any], **options: Any) -> ImportedResult:
    """Of one sample with these fields."""
    [result] = run_of(folder, {**sample(), **more}, **options).results
    return result
