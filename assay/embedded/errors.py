"""Why the embedded stack cannot run.

StackError              ends `assay up` with exit code 1; its text says what to do
  DataInUse             another supervisor uses the data folder
  PortInUse             another process listens on the port
  ProcessFailed         a process keeps exiting before the stack is ready
  NotReady              a process runs but is not ready in time
  PartMissing           a program or folder that the stack needs is missing
  Exposed               reachable from other machines without a token
"""

from __future__ import annotations


class StackError(Exception):
    """The stack cannot run; all of its processes have ended."""


class DataInUse(StackError):
    pass


class PortInUse(StackError):
    pass


class ProcessFailed(StackError):
    pass


class NotReady(StackError):
    pass


class PartMissing(StackError):
    pass


class Exposed(StackError):
    pass
