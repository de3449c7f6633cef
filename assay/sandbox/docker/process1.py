"""Process 1 of a container: reaches the host by the socket in its folder, then is ``inside.py``.

Never imported on the host. Other than under bubblewrap it closes itself in (the filter of system calls comes as a file
beside it), the kernel has a memory limit of its own whose kills are told by name, and it outlives those kills: what it
starts is killed first.
"""

import _socket
import array
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.sandbox import inside

FOLDER = "/run/assay"
OOM_REPORTS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")
PR_SET_SECCOMP, SECCOMP_MODE_FILTER, RULE_BYTES = 22, 2, 8


def connect() -> _socket.socket:
    control = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    control.connect(FOLDER + "/socket")
    return control


def filter_calls() -> None:
    """For itself and all it will start."""
    rules = array.array("B", inside.read(FOLDER + "/rules"))
    if rules:
        address, size_bytes = rules.buffer_info()
        program = (size_bytes // RULE_BYTES).to_bytes(8, sys.byteorder) + address.to_bytes(8, sys.byteorder)
        if inside.call("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0):
            raise OSError("system calls cannot be filtered")


def listen(control: _socket.socket) -> None:
    """At the port for the way out, if there is one; the host serves it."""
    port = inside.read(FOLDER + "/egress")
    if port:
        listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        listener.bind(("127.0.0.1", int(port)))
        listener.listen(64)
        rights = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, listener.fileno().to_bytes(4, sys.byteorder))
        control.sendmsg([b"egress"], [rights])
        listener.close()


class Sealed(_socket.socket):
    """Of a kernel that lets no descriptor out; it has no message queues to limit either."""

    def sendmsg(self, buffers: list[bytes], *_: object) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        return super().sendmsg(buffers)


def memory_kills() -> int:
    """How many processes the kernel has killed for the container's memory."""
    lines = b"".join(map(inside.read, OOM_REPORTS)).splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(b"oom_kill "))


def confine(confine_child: "Callable[[], None]") -> None:
    """Of a child. To offer itself to the kernel it must be open to its own kind, so the host's line goes first."""
    inside.os.close(inside.SOCKET)
    inside.call("prctl", inside.PR_SET_DUMPABLE, 1, 0, 0, 0)
    inside.may_be_killed_first()
    confine_child()


def main() -> None:
    global inside
    sys.path.insert(0, FOLDER)
    control = connect()
    sys.argv[1:1] = [str(control.fileno())]
    import inside

    class Init(inside.Init):
        """Asks before children are reaped, so that the limit is told before their ends are."""

        memory_kills = 0

        def __init__(self) -> None:
            super().__init__()
            if apart:
                self.socket = Sealed(fileno=self.socket.detach())

        def reap(self) -> None:
            before, self.memory_kills = self.memory_kills, memory_kills()
            if self.memory_kills > before:
                self.end_all("memory")
            super().reap()

        def order(self) -> None:
            """What was killed before is nobody's fault who starts now."""
            if not self.children:
                self.memory_kills = memory_kills()
            super().order()

    confine_child = inside.confine
    inside.Init, inside.confine = Init, lambda: confine(confine_child)
    apart = inside.read(FOLDER + "/apart")
    if apart:
        inside.resource.RLIMIT_MSGQUEUE = inside.resource.RLIMIT_CORE
    listen(control)
    filter_calls()
    control.detach()
    inside.serve()


if __name__ == "__main__":
    main()
