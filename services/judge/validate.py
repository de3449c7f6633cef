"""``python -m services.judge.validate TASK_DIR [--json]``: grades a task's own reference, no-op and cheats.

Exit codes: 0 all score as they must, 3 one does not, 4 this host lacks what the task needs, 1 the task is invalid or
could not be graded, 2 usage.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from assay.catalog import CatalogError, load_task, make_bundles
from assay.contracts.codec import Data, encode
from assay.sandbox import SandboxError, open_sandbox_provider
from assay.sandbox.errors import ProviderUnavailable
from services.judge.bench import SandboxBench
from services.judge.errors import JudgeError
from services.judge.searcher import Searcher
from services.judge.validation import Trial, validate


class Validation(Data, frozen=True, kw_only=True):
    """What ``--json`` prints. ``error`` says why there are no trials."""

    task: str
    ok: bool
    trials: tuple[Trial, ...] = ()
    error: str = ""
    unchecked: str = ""
    """Why nothing was graded on this host, though the task is valid."""


@dataclass(frozen=True, kw_only=True)
class _Tools:
    searcher: Searcher
    bench: SandboxBench


async def validate_folder(folder: Path, sandbox: str = "auto") -> Validation:
    searcher = Searcher()
    try:
        task = load_task(folder)
        tools = _Tools(searcher=searcher, bench=SandboxBench(open_sandbox_provider(sandbox)))
        trials = await validate(make_bundles(task), tools)
    except ProviderUnavailable as error:
        return Validation(task=folder.name, ok=True, unchecked=str(error))
    except (CatalogError, JudgeError, SandboxError, OSError) as error:
        return Validation(task=folder.name, ok=False, error=str(error))
    finally:
        await searcher.close()
    return Validation(task=task.task_id, ok=all(trial.ok for trial in trials), trials=trials)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m services.judge.validate", description="Check how a task grades.")
    parser.add_argument("folder", type=Path, metavar="TASK_DIR")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--sandbox", default="auto", help="sandbox provider (default: auto)")
    given = parser.parse_args(arguments)
    found = asyncio.run(validate_folder(given.folder.resolve(), given.sandbox))
    if given.json:
        sys.stdout.buffer.write(encode(found) + b"\n")
    else:
        sys.stdout.write(_told(found))
    return 1 if found.error else 4 if found.unchecked else 0 if found.ok else 3


def _told(found: Validation) -> str:
    lines = [f"{found.task}: {found.error}"] if found.error else []
    lines += [f"{found.task}: not checked here: {found.unchecked}"] if found.unchecked else []
    for trial in found.trials:
        mark = "ok   " if trial.ok else "WRONG"
        reason = f"  {trial.verdict.reason}" if trial.verdict.reason else ""
        lines.append(
            f"{mark} {trial.name} {trial.sample_id}: score {trial.verdict.score:g}, must be {trial.wanted:g}{reason}"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
