"""Stops processes of an earlier stack whose supervisor is gone, before a new stack starts."""

from __future__ import annotations

import signal

import psutil

from assay.embedded.data_folder import StackState
from assay.embedded.events import EventKind, Report, StackEvent
from assay.embedded.process_identity import find_process

_GRACE_SECONDS = 5.0


def stop_stale_processes(earlier: StackState, report: Report) -> None:
    """Blocks for at most 10 s. Stops only recorded processes, identified by pid and start time."""
    found = [(identity, process) for identity in earlier.processes if (process := find_process(identity)) is not None]
    for identity, process in found:
        report(StackEvent(service=identity.name, event=EventKind.STALE, pid=identity.pid, text="of an earlier stack"))
        _send(process, signal.SIGINT if identity.name == "postgres" else signal.SIGTERM)
    _, running = psutil.wait_procs([process for _, process in found], timeout=_GRACE_SECONDS)
    for process in running:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(running, timeout=_GRACE_SECONDS)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        return
