"""Processes of an earlier stack whose supervisor is gone: found by pid and start time, ended before a new start."""

from __future__ import annotations

import signal

import psutil

from assay.embedded.data_folder import Stack
from assay.embedded.events import Report, StackEvent, What
from assay.embedded.process_identity import find

_GRACE_SECONDS = 5.0


def end_leftovers(earlier: Stack, report: Report) -> None:
    """Blocks for some seconds at most. Only what `earlier` recorded is touched, and only if it is the same process."""
    found = [(identity, process) for identity in earlier.children if (process := find(identity)) is not None]
    for identity, process in found:
        report(StackEvent(service=identity.name, event=What.LEFTOVER, pid=identity.pid, text="of an earlier stack"))
        _send(process, signal.SIGINT if identity.name == "postgres" else signal.SIGTERM)
    _, stubborn = psutil.wait_procs([process for _, process in found], timeout=_GRACE_SECONDS)
    for process in stubborn:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=_GRACE_SECONDS)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        return
