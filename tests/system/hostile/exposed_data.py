"""All that the gateway answers, and all that Postgres keeps, as text."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from tests.system.harness import Stack


def answers(stack: Stack, run_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Path, and headers with body, of every GET the API describes, for each run, attempt and artifact of these runs."""
    described = stack.http.get("/openapi.json").raise_for_status().json()
    paths = [path for path, methods in described["paths"].items() if "get" in methods]
    values = _values(stack, run_ids)
    for path in {*paths, "/api/v1/openapi.json", "/metrics", "/readyz", "/healthz", "/"}:
        for filled in _filled(path, values):
            answer = stack.http.get(stack.url + filled)
            yield filled, repr(answer.headers).encode() + answer.content


def _values(stack: Stack, run_ids: Sequence[str]) -> list[dict[str, str]]:
    """For the parameters of paths, those that belong together."""
    tasks = [one["task_id"] for one in _items(stack, "/tasks", "task_id")]
    found = [{"task_id": task} for task in tasks]
    for run_id in run_ids:
        for attempt in stack.attempts(run_id):
            detail = stack.http.get(f"/attempts/{attempt['attempt_id']}").raise_for_status().json()
            names = [{"name": name, "artifact": name} for name in detail["artifacts"]]
            found += [{"run_id": run_id, "attempt_id": attempt["attempt_id"], **name} for name in names or [{}]]
    return found


def _items(stack: Stack, path: str, key: str) -> list[dict[str, Any]]:
    answer = stack.http.get(path).raise_for_status().json()
    items = answer["items"] if isinstance(answer, dict) else answer
    assert all(key in item for item in items), items
    return items


def _filled(path: str, values: list[dict[str, str]]) -> set[str]:
    """The path with every set of values that fills it."""
    filled: set[str] = set()
    for given in values:
        text = path
        for name, value in given.items():
            text = text.replace("{" + name + "}", value)
        filled.add(text)
    return {text for text in filled if "{" not in text}


def tables(data: Path) -> str:
    """Every row of every table, as Postgres writes it."""

    async def read() -> str:
        connection = await asyncpg.connect(f"postgresql://postgres@/postgres?host={data / 'run'}", timeout=10)
        try:
            names = await connection.fetch(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            )
            rows: list[str] = []
            for name in names:
                found = await connection.fetch(f'SELECT one::text FROM "{name[0]}" one')
                rows += [f"{name[0]}: {row[0]}" for row in found]
            return "\n".join(rows)
        finally:
            await connection.close()

    return asyncio.run(read())
