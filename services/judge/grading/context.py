"""What a check can use: the output, the hidden bundle, and sandboxes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from assay.contracts.checks import Check, ContentCheck, name_of
from assay.contracts.sandboxspec import Place, SandboxSpec
from assay.files import Files
from assay.sandbox import Mounts, Sandbox
from services.judge.artifacts.hidden_bundles import HiddenBundle
from services.judge.artifacts.outputs import Output
from services.judge.errors import HiddenBundleInvalid
from services.judge.ports import CheckTools
from services.judge.rubric.judging import Judging


class OutputUnsuitable(Exception):
    """The submitted output has nothing that the check could grade: the check fails with this message."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GradingContext:
    """``sandbox_kind`` is the kind of sandbox that the run requests; sandboxes are shared fairly by ``run_id``."""

    hidden: HiddenBundle
    sample_id: str
    output: Output
    tools: CheckTools
    sandbox_kind: str = ""
    run_id: str = ""
    judging: Judging | None = None
    """The models that judge; None if the task has no rubric."""

    def text(self, check: ContentCheck) -> str:
        """The text that the check grades: the answer or a submitted file. Raises OutputUnsuitable."""
        if isinstance(self.output, str):
            if check.file:
                raise HiddenBundleInvalid(f"check {name_of(check)!r} grades a file, but the solver submits an answer")
            return self.output
        if not check.file:
            raise HiddenBundleInvalid(f"check {name_of(check)!r} needs 'file', because the solver submits files")
        return self.submitted(check.file).decode("utf-8", "replace")

    def submitted(self, path: str) -> bytes:
        """The content of a submitted file. Raises OutputUnsuitable."""
        if isinstance(self.output, str) or path not in self.output:
            raise OutputUnsuitable(f"the file {path} was not submitted")
        return self.output[path]

    def files(self, check: Check) -> Files:
        """Everything that was submitted. Raises HiddenBundleInvalid if the solver submits an answer."""
        if isinstance(self.output, str):
            name = name_of(check)
            raise HiddenBundleInvalid(f"check {name!r} grades files, but the task's solver submits an answer")
        return self.output

    def expected(self, check: Check) -> Any:
        task = self.hidden.task
        if self.sample_id not in task.expected:
            raise HiddenBundleInvalid(
                f"task {task.task_id!r} has no expected answer for sample {self.sample_id!r}, which check "
                f"{name_of(check)!r} compares with"
            )
        return task.expected[self.sample_id]

    def hidden_file(self, path: str) -> bytes:
        if path not in self.hidden.files:
            raise HiddenBundleInvalid(f"the hidden bundle has no file {path!r}")
        return self.hidden.files[path]

    def hidden_folder(self, folder: str) -> dict[str, bytes]:
        """Files by path relative to the folder; none for an empty name."""
        prefix = folder.rstrip("/") + "/"
        found = {path.removeprefix(prefix): data for path, data in self.hidden.files.items() if path.startswith(prefix)}
        if folder and not found:
            raise HiddenBundleInvalid(f"the hidden bundle has no files under {folder!r}")
        return found if folder else {}

    @asynccontextmanager
    async def sandbox(self, place: Place | None, files: Files, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        """A fresh one, without a network, with the files in its workspace. Raises SandboxError, or FilesRefused if the
        files do not fit."""
        spec: SandboxSpec = structs.replace(self.hidden.task.sandbox, network=False).at(place)
        async with self.tools.sandboxes.open(spec, mounts, self.sandbox_kind, self.run_id) as sandbox:
            await sandbox.write(files)
            yield sandbox
