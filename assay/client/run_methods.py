"""The client's methods for runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from assay.client.errors import Unreachable
from assay.client.transport import Transport, segment
from assay.contracts.causes import Causes
from assay.contracts.facts import Event
from assay.contracts.ids import new_id
from assay.contracts.imported_runs import ImportedRun
from assay.contracts.rpc import Changes, Quote, RunPage, RunPreview
from assay.contracts.run_metrics import RunMetrics
from assay.contracts.runs import CancelGrading, RunRequest, RunStatus, RunView

_SUBMIT_TRIES = 3
_PAUSE_SECONDS = 0.5


class RunMethods:
    """A part of ``AssayClient``."""

    _transport: Transport

    async def runs(
        self,
        *,
        status: RunStatus | None = None,
        suite: str = "",
        model: str = "",
        search: str = "",
        cursor: str = "",
        limit: int = 50,
    ) -> RunPage:
        """Newest first; pass the page's ``next_cursor`` to get the next one."""
        return await self._transport.get(
            RunPage, "/runs", status=status, suite=suite, model=model, search=search, cursor=cursor, limit=limit
        )

    async def submit(self, request: RunRequest, idempotency_key: str = "") -> RunView:
        """Returns once the run is stored. A lost connection is retried with the same key, so there is one run."""
        return await self._post_idempotent("/runs", request, idempotency_key)

    async def import_run(self, run: ImportedRun, idempotency_key: str = "") -> RunView:
        """Stores results of another framework as a finished run. The same key and results give the same run."""
        return await self._post_idempotent("/runs/import", run, idempotency_key)

    async def quote(self, request: RunRequest) -> Quote:
        """What the run would cost, and whether it fits the limits; nothing is stored."""
        return await self._transport.post(Quote, "/runs/quote", request)

    async def preview(self, request: RunRequest) -> RunPreview:
        """The quote, and the first messages of each attempt; no model is called and nothing is stored."""
        return await self._transport.post(RunPreview, "/runs/preview", request)

    async def run(self, run_id: str) -> RunView:
        return await self._transport.get(RunView, f"/runs/{segment(run_id)}")

    async def causes(self, run_id: str) -> Causes:
        """Why attempts of the run ended ungraded."""
        return await self._transport.get(Causes, f"/runs/{segment(run_id)}/causes")

    async def metrics(self, run_id: str) -> RunMetrics:
        """Over all samples, by task and model."""
        return await self._transport.get(RunMetrics, f"/runs/{segment(run_id)}/metrics")

    async def pause(self, run_id: str) -> RunView:
        """No new attempts start; running ones continue."""
        return await self._transport.post(RunView, f"/runs/{segment(run_id)}/pause")

    async def resume(self, run_id: str) -> RunView:
        return await self._transport.post(RunView, f"/runs/{segment(run_id)}/resume")

    async def cancel(
        self, run_id: str, grace_seconds: float | None = None, grading: CancelGrading = CancelGrading.FREE
    ) -> RunView:
        """Running attempts get ``grace_seconds`` (default: 10, set by the gateway) to end by themselves; executed ones
        are graded as ``grading`` says."""
        path = f"/runs/{segment(run_id)}/cancel"
        return await self._transport.post(RunView, path, grace_seconds=grace_seconds, grading=grading)

    async def change(
        self, run_id: str, *, limits: Mapping[str, Any] | None = None, priority: int | None = None
    ) -> RunView:
        """``limits`` keyed by field of RunLimits; omitted ones keep their value."""
        body = {"limits": limits, "priority": priority}
        return await self._transport.send_body("PATCH", RunView, f"/runs/{segment(run_id)}", body)

    async def restart(
        self,
        run_id: str,
        *,
        fresh: bool = False,
        reuse: bool = False,
        limits: Mapping[str, Any] | None = None,
        idempotency_key: str = "",
    ) -> RunView:
        """A new run of the same plan, which reuses the run's results unless ``fresh``, and with ``reuse`` results of
        other runs too; ``limits`` as in ``change``. Refused with ``nothing_to_retry`` if every attempt has a result."""
        body = {"fresh": fresh, "reuse": reuse, "limits": limits}
        return await self._post_idempotent(f"/runs/{segment(run_id)}/restart", body, idempotency_key)

    async def regrade(
        self, run_id: str, *, checks: Sequence[str] = (), current: bool = False, idempotency_key: str = ""
    ) -> RunView:
        """A new run that grades the stored outputs of this one again; ``checks`` names those to run, ``current`` uses
        the tasks as they are in the catalogue now."""
        body = {"checks": list(checks), "current": current}
        return await self._post_idempotent(f"/runs/{segment(run_id)}/regrade", body, idempotency_key)

    async def changes(self, run_id: str) -> Changes:
        """What a run that grades another one again has changed."""
        return await self._transport.get(Changes, f"/runs/{segment(run_id)}/changes")

    async def facts(self, run_id: str, after: int = 0, limit: int = 500) -> list[Event]:
        """The run's facts after a sequence number, in order."""
        return await self._transport.get(list[Event], f"/runs/{segment(run_id)}/facts", after=after, limit=limit)

    async def _post_idempotent(self, path: str, body: Any, idempotency_key: str) -> RunView:
        headers = {"idempotency-key": idempotency_key or new_id()}
        for left in reversed(range(_SUBMIT_TRIES)):
            try:
                return await self._transport.post(RunView, path, body, headers)
            except Unreachable:
                if not left:
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)
        raise AssertionError("unreachable: the last try returns or raises")
