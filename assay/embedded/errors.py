"""What keeps the embedded stack from running.

StackError              what `assay up` ends with, exit code 1; its text says what to do
  DataInUse             another supervisor holds the data folder
  PortInUse             someone else listens on the port
  ChildFailed           a child ends again and again before the stack is ready
  NotReady              a child runs but is not ready in time
  PartMissing           a program or folder the stack needs is not there
  Exposed               reachable by others without a token
"""

from __future__ import annotations


class StackError(Exception):
    """The stack cannot run; nothing of it is left behind."""


class DataInUse(StackError):
    pass


class PortInUse(StackError):
    pass


class ChildFailed(StackError):
    pass


class NotReady(StackError):
    pass


class PartMissing(StackError):
    pass


class Exposed(StackError):
    pass
