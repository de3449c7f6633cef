"""Runs inside a sandbox: queries the SQLite file ``database`` in the working folder, read-only. The request comes on
stdin; the answer is a list with ``rows`` or ``error`` for each query."""

from __future__ import annotations

import base64
import json
import sqlite3
import sys
from typing import Any


def main() -> None:
    request = json.loads(sys.stdin.buffer.read())
    answers = [_answer(query, request["max_rows"]) for query in request["queries"]]
    sys.stdout.write(json.dumps(answers))


def _answer(query: str, max_rows: int) -> dict[str, Any]:
    try:
        connection = sqlite3.connect("file:database?mode=ro&immutable=1", uri=True)
        connection.text_factory = _text
        with connection:
            rows = connection.execute(query).fetchmany(max_rows + 1)
    except sqlite3.Error as error:
        return {"error": str(error)}
    if len(rows) > max_rows:
        return {"error": f"more than {max_rows:,} rows"}
    return {"rows": [[_cell(cell) for cell in row] for row in rows]}


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _cell(cell: Any) -> Any:
    return {"blob": base64.b64encode(cell).decode()} if isinstance(cell, bytes) else cell


if __name__ == "__main__":
    main()
