"""The fixture (and module) ``candidate``: what tests can do with a candidate besides importing it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .candidate_errors import CandidateDied, CandidateError
from .link import Link
from .proxies import get_handle

_EXTRA_SECONDS = 15.0


@dataclass(frozen=True)
class ProgramResult:
    """How a program of the candidate ended; unpacks to ``exit_code, stdout, stderr``. ``truncated``: it printed more
    than the task's ``sandbox.output_bytes``, and only the beginning is kept."""

    exit_code: int
    stdout: str
    stderr: str
    truncated: bool = False

    def __iter__(self) -> Any:
        return iter((self.exit_code, self.stdout, self.stderr))


class Candidate(ModuleType):
    """``Error`` and ``Died`` are the errors of ``candidate_errors``."""

    Error = CandidateError
    Died = CandidateDied

    def __init__(self, link: Link, call_seconds: float) -> None:
        super().__init__("candidate")
        self._link, self._call_seconds = link, call_seconds

    def invoke(self, target: Any, name: str, *arguments: Any, **named: Any) -> Any:
        """Calls a method of any name, for example ``__eq__``; the answer is the candidate's own claim."""
        if get_handle(target) is None:
            raise TypeError("candidate.invoke needs an object of the candidate")
        return self._link.request("invoke", target, name, arguments, named)

    def call(self, operation: str, *arguments: Any) -> Any:
        """An operation of the task's driver, with values of JSON. Its errors are ``candidate.Error``."""
        return self._link.call_driver(operation, arguments)

    def run(self, argv: Sequence[str], stdin: str = "", *, timeout_seconds: float | None = None) -> ProgramResult:
        """Runs a program in the candidate's sandbox, in the folder of the submitted files: ``["python3",
        "main.py"]``."""
        seconds = timeout_seconds or self._call_seconds
        program = {"argv": list(argv), "stdin": stdin, "seconds": seconds}
        answer = self._link.ask_judge(b"$", program, seconds + _EXTRA_SECONDS)
        if answer["killed_by"]:
            raise CandidateDied(f"the candidate's program exceeded its {answer['killed_by']} limit")
        return ProgramResult(answer["exit_code"], answer["stdout"], answer["stderr"], answer["truncated"])

    def read(self, path: str) -> bytes:
        """The content of a submitted file."""
        answer = self._link.ask_judge(b"?", path, _EXTRA_SECONDS)
        if answer is None:
            raise FileNotFoundError(path)
        return base64.b64decode(answer)

    def cpu_seconds(self) -> float:
        """The CPU time that all of the candidate's processes have used so far, measured from outside, in steps of
        0.01 s. Unlike wall time it says the same on a busy machine, and the candidate cannot change it."""
        return self._link.ask_judge(b"%", None, _EXTRA_SECONDS)
