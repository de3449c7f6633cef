"""Process 1 of a sandbox (init). Never imported on the host: a copy runs inside, on the bare interpreter, with
``resource_watch.py`` as its first part (``programs.py``).

It starts commands, enforces the limits on memory, CPU, processes and inodes that they share, and reaps orphans.
Requests are packets with descriptors on a socket that only init holds; it answers with short ASCII packets: ``ready``,
``done <request> <exit code>``, ``limit <name>`` and ``usage <CPU ms> <runnable ms> <peak KiB>``. Code inside cannot
attack it: it is not traceable (not dumpable, and another user's process where the host is root), ignores signals from
inside and passes none of its descriptors on. It imports only private modules, because the public ones (pathlib, even
os) would take 15 ms more to start.
"""
# ruff: noqa: PTH123, SIM105

import _ctypes
import _signal  # pyright: ignore[reportMissingImports] - typeshed has only its public face
import _socket
import posix as os
import resource
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay.sandbox.init.resource_watch import (  # noqa: F401
        CPU_MS,
        FILE_BYTES,
        MEMORY_BYTES,
        OPEN_FILES,
        PROCESSES,
        SOCKET,
        USER,
        Usage,
        Watch,
        read,  # pyright: ignore[reportUnusedImport] - for container_init.py
    )

WORKSPACE, TICK_SECONDS = "/workspace", 0.025
PR_SET_DUMPABLE, PR_CAPBSET_DROP, CAPABILITY_VERSION = 4, 24, 0x20080522
KILL_SETGID_SETUID_PTRACE = 1 << 5 | 1 << 6 | 1 << 7 | 1 << 19


class Init:
    """The main loop: first checks limits, then reaps children, so that even a process that has just ended is
    reported. The SIGCHLD handler does nothing, but Python writes to the wake-up pipe only if there is one."""

    def __init__(self) -> None:
        self.socket = _socket.socket(fileno=SOCKET)
        self.children: dict[int, bytes] = {}
        self.watch = Watch()
        self.wake_read, wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        _signal.signal(_signal.SIGCHLD, lambda *_: None)  # pyright: ignore[reportUnknownLambdaType]
        _signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)

    def loop(self) -> None:
        poll = select.poll()
        poll.register(SOCKET, select.POLLIN)
        poll.register(self.wake_read, select.POLLIN)
        busy = False
        while True:
            ready = [fd for fd, _ in poll.poll(TICK_SECONDS * 1000 if busy else None)]
            if self.wake_read in ready:
                os.read(self.wake_read, 4096)
            usage = Usage()
            self.watch.add(usage)
            if usage.pids and (limit := self.watch.exceeded(usage)):
                self.kill_all(limit)
            self.reap()
            if SOCKET in ready:
                self.handle_request()
            busy = bool(usage.pids or self.children)

    def handle_request(self) -> None:
        """``run`` and ``write`` fork a child, ``kill`` kills all children, ``usage`` reports what they used. Exits when
        the host closes the socket."""
        packet, descriptors = receive(self.socket)
        kind, request, *_ = packet.split(b" ") if packet else (b"", b"")
        if not packet:
            os._exit(0)
        if kind == b"kill":
            self.kill_all("")
        elif kind == b"usage":
            self.socket.send(self.watch.report())
        elif kind in (b"run", b"write"):
            if not self.children:
                self.watch.restart()
            try:
                self.children[self.fork(kind, descriptors)] = request
            except BlockingIOError:
                self.no_process_left(request)
        for descriptor in descriptors:
            os.close(descriptor)

    def fork(self, kind: bytes, descriptors: list[int]) -> int:
        if pid := os.fork():
            return pid
        try:
            confine()
            (run if kind == b"run" else write)(*descriptors)
        except OSError as error:
            os._exit(error.errno or 1)
        finally:
            os._exit(125)

    def no_process_left(self, request: bytes) -> None:
        """If processes inside take up the limit, they are at fault and are killed; otherwise the host is."""
        if not Usage().pids:
            raise SystemExit("the host has no process left for a command")
        self.kill_all("processes")
        self.socket.send(b"done %s %d" % (request, -_signal.SIGKILL))

    def reap(self) -> None:
        pid = -1
        while pid:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if request := self.children.pop(pid, None):
                self.watch.add(Usage())
                self.socket.send(self.watch.report())
                self.socket.send(b"done %s %d" % (request, os.waitstatus_to_exitcode(status)))

    def kill_all(self, limit: str) -> None:
        """Reports the limit first, so that the host knows it when the exit codes arrive."""
        if limit:
            self.socket.send(b"limit " + limit.encode())
        while Usage().pids:
            try:
                os.kill(-1, _signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.reap()
            time.sleep(0.001)
        self.reap()


def run(spec: int, stdin: int, stdout: int, stderr: int) -> None:
    """Becomes the command. The payload's format is that of ``init_protocol``."""
    cwd, count, *rest = os.read(spec, 4_000_000).decode("utf-8", "surrogateescape").split("\0")
    env, argv = dict(entry.split("=", 1) for entry in rest[: int(count)]), rest[int(count) :]
    os.setsid()
    for target, descriptor in enumerate((stdin, stdout, stderr)):
        os.dup2(descriptor, target)
    try:
        os.chdir(cwd)
        exec_command(argv, env)
    except (OSError, ValueError) as error:
        os.write(2, f"{argv[0]}: {error}\n".encode("utf-8", "replace"))
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def exec_command(argv: list[str], env: dict[str, str]) -> None:
    """Searches the command's own PATH. Raises why a program cannot be executed, or else FileNotFoundError."""
    failure: OSError = FileNotFoundError("no such program")
    for folder in [""] if "/" in argv[0] else env.get("PATH", "/bin:/usr/bin").split(":"):
        try:
            os.execve(f"{folder}/{argv[0]}" if folder else argv[0], argv, env)
        except OSError as error:
            failure = error if isinstance(failure, (FileNotFoundError, NotADirectoryError)) else failure
    raise failure


def write(archive_file: int) -> None:
    """Writes files into the workspace; exits with the errno. The archive's format is that of ``init_protocol``."""
    root = os.open(WORKSPACE, os.O_RDONLY | os.O_DIRECTORY)
    with open(archive_file, "rb") as archive:
        while header := archive.read(16):
            path = archive.read(int.from_bytes(header[:8], "big")).decode()
            write_file(root, path.split("/"), archive.read(int.from_bytes(header[8:], "big")))
    os._exit(0)


def write_file(folder: int, parts: list[str], content: bytes) -> None:
    for part in parts[:-1]:
        try:
            os.mkdir(part, 0o755, dir_fd=folder)
        except FileExistsError:
            pass
        folder = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    try:
        os.unlink(parts[-1], dir_fd=folder)
    except FileNotFoundError:
        pass
    target = os.open(parts[-1], os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644, dir_fd=folder)
    with open(target, "wb") as file:
        file.write(content)


def confine() -> None:
    """Sets the child's resource limits and drops to the sandbox's user where there is one."""
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, CPU_MS // 1000 + 2),
        (resource.RLIMIT_NPROC, PROCESSES + 16),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_DATA, 4 * MEMORY_BYTES + (1 << 30)),
        (resource.RLIMIT_MEMLOCK, 65536),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    for number in (_signal.SIGCHLD, _signal.SIGINT, _signal.SIGPIPE, _signal.SIGXFSZ):
        _signal.signal(number, _signal.SIG_DFL)
    os.nice(5)
    os.umask(0o022)
    if USER:
        os.setgroups([])
        os.setresgid(USER, USER, USER)
        os.setresuid(USER, USER, USER)


def receive(socket: _socket.socket) -> tuple[bytes, list[int]]:
    """A packet and its descriptors."""
    try:
        packet, ancillary, _, _ = socket.recvmsg(4096, _socket.CMSG_SPACE(4 * 4), _socket.MSG_CMSG_CLOEXEC)
    except ConnectionError:
        return b"", []
    raw = b"".join(data for _, kind, data in ancillary if kind == _socket.SCM_RIGHTS)
    return packet, [int.from_bytes(raw[at : at + 4], sys.byteorder) for at in range(0, len(raw), 4)]


def drop_capabilities() -> None:
    """Keeps only those needed to start and kill commands, and removes all from the bounding set."""
    for capability in range(64):
        call("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
    retained = (KILL_SETGID_SETUID_PTRACE if USER else 0).to_bytes(4, sys.byteorder)
    header = CAPABILITY_VERSION.to_bytes(4, sys.byteorder) + bytes(4)
    if call("capset", header, retained + retained + bytes(4) + bytes(12)):
        raise OSError("capabilities cannot be dropped")


def call(name: str, *arguments: "int | bytes") -> int:
    return _ctypes.call_function(_ctypes.dlsym(_ctypes.dlopen("", 2), name), arguments)


def raise_oom_score() -> None:
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def serve() -> None:
    """Runs until the host closes the socket."""
    call("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)
    drop_capabilities()
    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    os.set_inheritable(SOCKET, False)
    init = Init()
    workspace = os.open(WORKSPACE, os.O_RDONLY | os.O_DIRECTORY)
    rights = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, workspace.to_bytes(4, sys.byteorder))
    init.socket.sendmsg([b"ready"], [rights])
    os.close(workspace)
    init.loop()


if __name__ == "__main__":
    raise_oom_score()
    serve()
