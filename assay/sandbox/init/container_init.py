"""Process 1 of a container: connects to the host through a socket in a mounted folder, then runs ``init.py``.

Never imported on the host. Unlike under bubblewrap it confines itself: it installs the seccomp filter, which it reads
from a file next to it. The kernel enforces a memory limit of its own, whose kills are reported as ``limit memory``.
Children raise their OOM score, so the kernel kills them before it kills process 1.
"""

import _socket
import array
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.sandbox.init import init

FOLDER = "/run/assay"
OOM_REPORTS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")
PR_SET_SECCOMP, SECCOMP_MODE_FILTER, RULE_BYTES = 22, 2, 8
CLONE_NEWUSER, CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x10000000, 0x40000000, 0x8914, 1


def connect() -> _socket.socket:
    control = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    control.connect(FOLDER + "/socket")
    return control


def enter_own_network(control: _socket.socket) -> bool:
    """A network namespace with a loopback interface only, where the kernel and the container's runtime allow it. Tells
    the host whether it worked."""
    user, group = init.os.getuid(), init.os.getgid()
    entered = not init.call("unshare", CLONE_NEWUSER | CLONE_NEWNET)
    if entered:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open("/proc/self/" + name, "w") as file:  # noqa: PTH123
                file.write(text)
        request = b"lo".ljust(16, b"\0") + IFF_UP.to_bytes(2, sys.byteorder) + bytes(22)
        any_socket = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
        init.call("ioctl", any_socket.fileno(), SIOCSIFFLAGS, request)
        any_socket.close()
    control.send(b"network own" if entered else b"network shared")
    return entered


def install_seccomp_filter(name: str) -> None:
    """For this process and every descendant."""
    rules = array.array("B", init.read(f"{FOLDER}/{name}"))
    if rules:
        address, size_bytes = rules.buffer_info()
        program = (size_bytes // RULE_BYTES).to_bytes(8, sys.byteorder) + address.to_bytes(8, sys.byteorder)
        if init.call("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0):
            raise OSError("the seccomp filter cannot be installed")


def send_egress_listener(control: _socket.socket) -> None:
    """Listens on the egress port, if there is one, and hands the socket to the host, which serves it."""
    port = init.read(FOLDER + "/egress")
    if port:
        listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        listener.bind(("127.0.0.1", int(port)))
        listener.listen(64)
        rights = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, listener.fileno().to_bytes(4, sys.byteorder))
        control.sendmsg([b"egress"], [rights])
        listener.close()


class NoDescriptorsSocket(_socket.socket):
    """Under a separate kernel descriptors cannot be sent to the host, so they are dropped from messages."""

    def sendmsg(self, buffers: list[bytes], *_: object) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        return super().sendmsg(buffers)


def count_oom_kills() -> int:
    """How many processes of the container the kernel has killed for memory."""
    lines = b"".join(map(init.read, OOM_REPORTS)).splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(b"oom_kill "))


def confine(confine_child: "Callable[[], None]") -> None:
    """Runs in a child. Raising the OOM score requires being dumpable, and then siblings could open the control socket
    through /proc, so the socket is closed first."""
    init.os.close(init.SOCKET)
    init.call("prctl", init.PR_SET_DUMPABLE, 1, 0, 0, 0)
    init.raise_oom_score()
    confine_child()


def main() -> None:
    global init
    sys.path.insert(0, FOLDER)
    control = connect()
    sys.argv[1:1] = [str(control.fileno())]
    import init

    class Init(init.Init):
        """Checks for OOM kills before it reaps children, so that the host learns the limit before the exit codes."""

        oom_kills = 0

        def __init__(self) -> None:
            super().__init__()
            if separate_kernel:
                self.socket = NoDescriptorsSocket(fileno=self.socket.detach())

        def reap(self) -> None:
            before, self.oom_kills = self.oom_kills, count_oom_kills()
            if self.oom_kills > before:
                self.kill_all("memory")
            super().reap()

        def handle_request(self) -> None:
            """Earlier kills must not be blamed on the command that starts now."""
            if not self.children:
                self.oom_kills = count_oom_kills()
            super().handle_request()

    confine_child = init.confine
    init.Init, init.confine = Init, lambda: confine(confine_child)
    separate_kernel = init.read(FOLDER + "/separate-kernel")
    if separate_kernel:  # it has no message queues to limit
        init.resource.RLIMIT_MSGQUEUE = init.resource.RLIMIT_CORE
    own_network = bool(init.read(FOLDER + "/own-network")) and enter_own_network(control)
    send_egress_listener(control)
    without_ip = bool(init.read(FOLDER + "/without-ip")) and not own_network
    install_seccomp_filter("rules-without-ip" if without_ip else "rules")
    control.detach()
    init.serve()


if __name__ == "__main__":
    main()
