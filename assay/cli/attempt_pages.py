"""A run's attempts, however many pages they are."""

from __future__ import annotations

from assay.client import AssayClient
from assay.contracts.attempts import AttemptView, State
from assay.contracts.verdicts import Outcome

_PAGE = 1000


async def all_attempts(
    client: AssayClient,
    run_id: str,
    *,
    outcome: Outcome | None = None,
    state: State | None = None,
    model: str = "",
    task_id: str = "",
    flagged: bool = False,
) -> tuple[AttemptView, ...]:
    """Those that match, by ordinal."""
    found: list[AttemptView] = []
    cursor = ""
    while True:
        page = await client.attempts(
            run_id,
            outcome=outcome,
            state=state,
            model=model,
            task_id=task_id,
            flagged=flagged,
            cursor=cursor,
            limit=_PAGE,
        )
        found.extend(page.items)
        if not (cursor := page.next_cursor):
            return tuple(found)
