"""All responses of the gateway and all rows in Postgres, as text."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from tests.system.harness import Stack


def api_responses(stack: Stack, run_ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Path, and headers with body, of every GET in the API description, for each run, attempt and artifact."""
    described = stack.http.get("/openapi.json").raise_for_status().json()
    paths = [path for path, methods in described["paths"].items() if "get" in methods]
    values = _values(stack, run_ids)
    for path in {*paths, "/api/v1/openapi.json", "/metrics", "/readyz", "/healthz", "/"}:
        for filled in _filled(path, values):
            response = stack.http.get(stack.url + filled)
            yield filled, repr(response.headers).encode() + response.content


def _values(stack: Stack, run_ids: Sequence[str]) -> list[dict[str, str]]:
    """Sets of path parameters that belong together."""
    tasks = [item["task_id"] for item in _items(stack, "/tasks", "task_id")]
    found = [{"task_id": task} for task in tasks]
    for run_id in run_ids:
        for attempt in stack.attempts(run_id):
            detail = stack.http.get(f"/attempts/{attempt['attempt_id']}").raise_for_status().json()
            names = [{"name": name, "artifact": name} for name in detail["artifacts"]]
            found += [{"run_id": run_id, "attempt_id": attempt["attempt_id"], **name} for name in names or [{}]]
    return found


def _items(stack: Stack, path: str, key: str) -> list[dict[str, Any]]:
    body = stack.http.get(path).raise_for_status().json()
    items = body["items"] if isinstance(body, dict) else body
    assert all(key in item for item in items), items
    return items


def _filled(path: str, values: list[dict[str, str]]) -> set[str]:
    """The path filled with each suitable set of values."""
    filled: set[str] = set()
    for given in values:
        text = path
        for name, value in given.items():
            text = text.replace("{" + name + "}", value)
        filled.add(text)
    return {text for text in filled if "{" not in text}


def table_rows(data: Path) -> str:
    """All rows of all tables, as formatted by Postgres."""

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
