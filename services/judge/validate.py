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
from assay.sandbox import ProgramMissing, ProviderUnavailable, SandboxError, open_sandbox_provider
from services.judge.checks.regex_worker import RegexWorker
from services.judge.errors import JudgeError
from services.judge.grading.sandboxes import GradingSandboxes
from services.judge.grading.test_executor import SandboxTestExecutor
from services.judge.grading.validation import BaselineResult, validate

_NEEDS_MODELS = (
    "models grade it, and none is called here; try it in a run, and compare its judge with people by "
    "`assay judges calibrate`"
)


class Validation(Data, frozen=True, kw_only=True):
    """The output of ``--json``. ``error`` says why there are no trials."""

    task: str
    ok: bool
    trials: tuple[BaselineResult, ...] = ()
    error: str = ""
    unchecked: str = ""
    """Why nothing was graded on this host although the task is valid."""


@dataclass(frozen=True, kw_only=True)
class _Tools:
    regex: RegexWorker
    test_executor: SandboxTestExecutor
    sandboxes: GradingSandboxes


async def validate_folder(folder: Path, sandbox: str = "auto") -> Validation:
    regex = RegexWorker()
    try:
        task = load_task(folder)
        if any(check.calls_model for check in task.manifest.checks):
            return Validation(task=task.task_id, ok=True, unchecked=_NEEDS_MODELS)
        sandboxes = GradingSandboxes(open_sandbox_provider(sandbox))
        tools = _Tools(regex=regex, test_executor=SandboxTestExecutor(sandboxes), sandboxes=sandboxes)
        trials = await validate(make_bundles(task), tools)
    except (ProviderUnavailable, ProgramMissing) as error:
        return Validation(task=folder.name, ok=True, unchecked=str(error))
    except (CatalogError, JudgeError, SandboxError, OSError) as error:
        return Validation(task=folder.name, ok=False, error=str(error))
    finally:
        await regex.close()
    return Validation(task=task.task_id, ok=all(result.ok for result in trials), trials=trials)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m services.judge.validate",
        description="Check that a task grades its reference, no-op and cheats correctly.",
    )
    parser.add_argument("folder", type=Path, metavar="TASK_DIR")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--sandbox", default="auto", help="sandbox provider (default: auto)")
    options = parser.parse_args(arguments)
    validation = asyncio.run(validate_folder(options.folder.resolve(), options.sandbox))
    if options.json:
        sys.stdout.buffer.write(encode(validation) + b"\n")
    else:
        sys.stdout.write(_text(validation))
    return 1 if validation.error else 4 if validation.unchecked else 0 if validation.ok else 3


def _text(validation: Validation) -> str:
    lines = [f"{validation.task}: {validation.error}"] if validation.error else []
    lines += [f"{validation.task}: not checked here: {validation.unchecked}"] if validation.unchecked else []
    lines += map(_result_line, validation.trials)
    return "\n".join(lines) + "\n"


def _result_line(result: BaselineResult) -> str:
    mark = "ok   " if result.ok else "WRONG"
    reason = f"  {result.verdict.reason}" if result.verdict.reason else ""
    score = result.verdict.score
    must = "must not pass" if result.ok and score != result.wanted else f"must be {result.wanted:g}"
    return f"{mark} {result.name} {result.sample_id}: score {score:g}, {must}{reason}"


if __name__ == "__main__":
    sys.exit(main())
