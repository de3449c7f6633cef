"""A runner's world for tests: real tasks, a real artifact store, real sandboxes; the ledger is played by the test."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from assay.artifacts import ArtifactStore, open_store, pack, unpack
from assay.bus.memory import MemoryBus
from assay.catalog import Catalog, bundles
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptExecuted, Ticket
from assay.contracts.models import ModelSpec, Parameters
from assay.contracts.money import Price
from assay.contracts.tasks import Limits
from assay.sandbox import open_sandbox_provider
from services.runner.artifacts import Bundles
from services.runner.calling import Retrying
from services.runner.grants import RpcGrants
from services.runner.handlers import on_ticket
from services.runner.models.shelf import Shelf
from services.runner.ports import Ports

PRICE = Price(
    version="2026-01",
    input_nanousd_per_mtok=2_500_000_000,
    cached_nanousd_per_mtok=1_250_000_000,
    output_nanousd_per_mtok=10_000_000_001,
)
HASTY = Retrying(first_wait_seconds=0.01, longest_wait_seconds=0.02, jitter_seconds=0.01)
RUN = "0" * 25 + "1"
SILENCE_SECONDS, PATIENCE_SECONDS = 30.0, 20.0
"""More than a busy machine may let anybody wait; a test of silence has its own."""


class Room:
    """``models.yaml`` in it knows the provider ``stub`` at ``url`` (key in STUB_KEY) and ``local``. A model may be
    silent, and a model host away, for so long."""

    def __init__(
        self,
        folder: Path,
        url: str,
        catalog: Path | None = None,
        silence_seconds: float = SILENCE_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        if catalog is None:
            _catalog(folder / "catalog", url)
        self.catalog = Catalog.open(catalog or folder / "catalog", recheck_seconds=0)
        self.stores: dict[str, ArtifactStore] = {
            area: open_store(folder / "artifacts", area) for area in ("public", "hidden", "reference", "attempts")
        }
        self.bus = MemoryBus()
        self.environment = {"STUB_KEY": "sk-stub-secret"}
        self.shelf = Shelf(self.catalog, self.bus.rpc, self.environment, silence_seconds, patience_seconds)
        self.ports = Ports(
            worker_id="runner-1",
            bundles=Bundles(self.stores["public"]),
            reference=self.stores["reference"],
            attempts=self.stores["attempts"],
            models=self.shelf,
            grants=RpcGrants(self.bus.rpc),
            sandboxes=open_sandbox_provider(),
            tail=self.bus.tail,
            retrying=HASTY,
        )

    async def ticket(self, task_id: str, model: str, **changes: Any) -> Ticket:
        """As the ledger would grant it."""
        task = self.catalog.find_task(task_id)
        three = bundles(task)
        given: dict[str, Any] = {
            "attempt_id": f"{RUN}-7",
            "token": 3,
            "project": "default",
            "lease_seconds": 15.0,
            "task_id": task_id,
            "task_digest": task.digest,
            "sample_id": task.sample_ids[0],
            "repeat": 1,
            "model": ModelSpec(name=model, parameters=Parameters(temperature=0.0)),
            "solver": task.manifest.solver,
            "limits": Limits(wall_seconds=30, max_tokens=100),
            "grant_nanousd": 1_000_000_000,
            "price": None if model in ("oracle", "nop") else PRICE,
            "public": await self.stores["public"].put(pack(three.public)),
            "reference": await self.stores["reference"].put(pack(three.reference)),
        }
        return Ticket(**(given | changes))

    async def make(self, task_id: str, model: str, **changes: Any) -> AttemptExecuted:
        return await on_ticket(await self.ticket(task_id, model, **changes), self.ports)

    async def read(self, ref: ArtifactRef | None) -> bytes:
        assert ref is not None
        return await self.stores["attempts"].get(ref)

    async def output(self, report: AttemptExecuted) -> dict[str, bytes]:
        return unpack(await self.read(report.output))


@asynccontextmanager
async def room(
    folder: Path,
    url: str,
    catalog: Path | None = None,
    silence_seconds: float = SILENCE_SECONDS,
    patience_seconds: float = PATIENCE_SECONDS,
) -> AsyncGenerator[Room]:
    """``catalog`` is another than the one written here."""
    one = Room(folder, url, catalog, silence_seconds, patience_seconds)
    try:
        yield one
    finally:
        await one.shelf.close()
        await one.bus.close()


TASKS = {
    "sum_files/task.yaml": """
id: sum_files
title: Two files
category: coding
difficulty: easy
language: python
solver: files
outputs: [total.py, lib/]
instructions: Make total() the sum of its arguments.
checks: [{kind: tests, expected: ["test_total.py::test_total"]}]
""",
    "sum_files/workspace/total.py": "def total(*numbers):\n    return 0\n",
    "sum_files/workspace/lib/numbers.py": "ONE = 1\nTWO = 2\n",
    "sum_files/workspace/notes.txt": "Keep me.\n",
    "sum_files/reference/total.py": "def total(*numbers):\n    return sum(numbers)\n",
    "sum_files/reference/lib/numbers.py": "ONE = 1\nTWO = 2\n",
    "sum_files/noop/total.py": "def total(*numbers):\n    return 0\n",
    "sum_files/cheats/a/total.py": "total = print\n",
    "sum_files/cheats/b/total.py": "raise SystemExit\n",
    "sum_files/tests/test_total.py": "from total import total\n\n\ndef test_total():\n    assert total(1, 2) == 3\n",
    "mend/task.yaml": """
id: mend
title: Mend the sum
category: repair
difficulty: easy
language: python
solver: agent
tools: [bash, python, text_editor, git_diff, submit]
outputs: [total.py, lib/]
limits: {turns: 9}
instructions: Make total() the sum of its arguments.
checks: [{kind: tests, expected: ["test_total.py::test_total"]}]
""",
    **{
        f"mend/{path}": content
        for path, content in {
            "workspace/total.py": "def total(*numbers):\n    return 0\n",
            "workspace/lib/numbers.py": "ONE = 1\nTWO = 2\n",
            "workspace/notes.txt": "Keep me.\n",
            "reference/total.py": "def total(*numbers):\n    return sum(numbers)\n",
            "reference/lib/numbers.py": "ONE = 1\nTWO = 2\n",
            "noop/total.py": "def total(*numbers):\n    return 0\n",
            "cheats/a/total.py": "total = print\n",
            "cheats/b/total.py": "raise SystemExit\n",
            "tests/test_total.py": "from total import total\n\n\ndef test_total():\n    assert total(1, 2) == 3\n",
        }.items()
    },
    "by_program/task.yaml": """
id: by_program
title: Mend the sum
category: repair
difficulty: easy
language: python
solver: command
command: [python3, tools/agent.py]
outputs: [total.py]
limits: {turns: 9}
instructions: Make total() the sum of its arguments.
checks: [{kind: tests, expected: ["test_total.py::test_total"]}]
""",
    **{
        f"by_program/{path}": content
        for path, content in {
            "workspace/total.py": "def total(*numbers):\n    return 0\n",
            "workspace/tools/agent.py": (Path(__file__).parent / "program_agent.py").read_text(),
            "reference/total.py": "def total(*numbers):\n    return sum(numbers)\n",
            "noop/total.py": "def total(*numbers):\n    return 0\n",
            "cheats/a/total.py": "total = print\n",
            "cheats/b/total.py": "raise SystemExit\n",
            "tests/test_total.py": "from total import total\n\n\ndef test_total():\n    assert total(1, 2) == 3\n",
        }.items()
    },
    "served/task.yaml": """
id: served
title: Mend the sum with tools from elsewhere
category: repair
difficulty: easy
language: python
solver: agent
tools: [bash, submit]
mcp: [{name: shop, command: [python3, tools/server.py]}]
outputs: [total.py]
limits: {turns: 9}
instructions: Make total() the sum of its arguments.
checks: [{kind: tests, expected: ["test_total.py::test_total"]}]
""",
    **{
        f"served/{path}": content
        for path, content in {
            "workspace/total.py": "def total(*numbers):\n    return 0\n",
            "workspace/tools/server.py": (Path(__file__).parent / "mcp_server.py").read_text(),
            "reference/total.py": "def total(*numbers):\n    return sum(numbers)\n",
            "noop/total.py": "def total(*numbers):\n    return 0\n",
            "cheats/a/total.py": "total = print\n",
            "cheats/b/total.py": "raise SystemExit\n",
            "tests/test_total.py": "from total import total\n\n\ndef test_total():\n    assert total(1, 2) == 3\n",
        }.items()
    },
    "colours/task.yaml": """
id: colours
title: Name the colour
category: knowledge
difficulty: trivial
solver: answer
system: You answer with one word.
instructions: Which colour is this?
noop_answer: none
checks: [{kind: exact}]
samples:
  - {sample_id: sky, input: The sky by day., expected: blue}
  - {sample_id: grass, input: Grass., expected: green}
""",
}


def _catalog(folder: Path, url: str) -> None:
    for path, content in TASKS.items():
        file = folder / "tasks" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    (folder / "models.yaml").write_text(
        f"""providers:
  stub: {{kind: openai, title: Stub, base_url: "{url}", api_key_env: STUB_KEY, concurrency: 2, any_model: true}}
  wide: {{kind: openai, title: Many, base_url: "{url}", api_key_env: STUB_KEY, concurrency: 64, any_model: true}}
  keyless: {{kind: openai, title: No key, base_url: "{url}", api_key_env: KEYLESS_KEY, any_model: true}}
  homeless: {{kind: openai, title: No address, base_url_env: HOMELESS_URL, any_model: true}}
  local: {{kind: embedded, title: Here, concurrency: 2, models: [{{name: smollm2-135m}}]}}
"""
    )
    (folder / "scripted").mkdir()
    (folder / "scripted" / "colours.yaml").write_text(
        """title: Colours
responses:
  colours: {sky: blue, default: "I do not know"}
"""
    )
