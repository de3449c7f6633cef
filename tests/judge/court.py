"""A judge's world for tests: real stores, real sandboxes, and tickets as the ledger would grant them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assay.artifacts import ArtifactStore, StoreUnreachable, pack
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import Ticket
from assay.contracts.codec import encode
from assay.contracts.models import ModelSpec
from assay.contracts.tasks import Choice, HiddenTask, Regex, Solver
from assay.files import Files
from services.judge.handlers import Ports
from tests.judge.trials import hidden_tests


@dataclass
class CountedStore:
    """A store that counts what is fetched, and can fall silent."""

    store: ArtifactStore
    gets: int = 0
    silent: bool = False

    async def get(self, ref: ArtifactRef) -> bytes:
        self.gets += 1
        if self.silent:
            raise StoreUnreachable("no answer")
        return await self.store.get(ref)

    async def put(self, data: bytes, media_type: str, *, truncated: bool = False) -> ArtifactRef:
        if self.silent:
            raise StoreUnreachable("no answer")
        return await self.store.put(data, media_type, truncated=truncated)


@dataclass
class Court:
    """Real stores and a judge's ports, and tickets for them."""

    hidden: CountedStore
    attempts: CountedStore
    ports: Ports

    async def ticket(self, bundle: Files, output: bytes | None, attempt: str = "run-1", sample: str = "a") -> Ticket:
        return Ticket(
            attempt_id=attempt,
            token=3,
            project="default",
            lease_seconds=30,
            task_id="t",
            task_digest="0" * 64,
            sample_id=sample,
            repeat=0,
            model=ModelSpec(name="oracle"),
            solver=Solver.ANSWER,
            hidden=await self.hidden.store.put(pack(bundle)),
            output=None if output is None else await self.attempts.store.put(output),
        )


def answer_bundle(**more: Any) -> dict[str, bytes]:
    checks = (Choice(options=("cat", "dog")), Regex(pattern="^the"))
    task = HiddenTask(task_id="t", digest="0" * 64, solver=Solver.ANSWER, checks=checks, expected={"a": "cat"}, **more)
    return {"grading.json": encode(task)}


def code_bundle(test: str = "import solution\ndef test_a(): assert solution.f() == 1") -> dict[str, bytes]:
    hidden = hidden_tests({"test_hidden.py": test}, ("test_hidden.py::test_a",), outputs=("solution.py", "lib/"))
    return {"grading.json": encode(hidden.task), **hidden.files}
