"""Connects the host with init. Never imported on the host: it runs in a container of its own in the sandbox's pod.

The host speaks with it over stdin and stdout, in the frames that ``relay_protocol`` describes; init through the Unix
socket that a Docker sandbox would have in a mounted folder. The code inside cannot reach this process: it has neither
its processes nor its files in view. All data of commands is untrusted and only passed on.
"""

import os
import select
import socket
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay.sandbox.kubernetes.pod_programs.streams import FIRST_CONNECTION, HEADER, Stream, Streams

SILENCE_SECONDS = 60
FOLDER, ALIVE, START_SECONDS, PROBE_SECONDS = "/run/assay", "/tmp/alive", 20, 1.5


class Relay(Streams):
    def __init__(self) -> None:
        super().__init__()
        self.listeners: dict[int, tuple[socket.socket, bytes]] = {}
        self.inbox, self.connections = bytearray(), 0
        self.socket: socket.socket | None = None
        self.init: socket.socket | None = None
        self.heard_at = time.monotonic()

    def loop(self) -> None:
        while time.monotonic() - self.heard_at < SILENCE_SECONDS:
            poll, now = select.poll(), time.monotonic()
            poll.register(0, select.POLLIN)
            for waiting in (self.init or self.socket, *(listener for listener, _ in self.listeners.values())):
                if waiting:
                    poll.register(waiting.fileno(), select.POLLIN)
            wanted: dict[int, int] = {}
            for stream in self.streams.values():
                if stream.readable(now):
                    wanted[stream.source] = wanted.get(stream.source, 0) | select.POLLIN
                if stream.sink >= 0 and stream.pending:
                    wanted[stream.sink] = wanted.get(stream.sink, 0) | select.POLLOUT
            for descriptor, events in wanted.items():
                poll.register(descriptor, events)
            paused = any(stream.resume_at > now for stream in self.streams.values())
            ready = {descriptor for descriptor, _ in poll.poll(20 if paused else 5000)}
            for stream in tuple(self.streams.values()):
                if stream.source in ready and stream.readable(now):
                    self.read(stream)
                if stream.sink in ready and stream.pending:
                    self.write(stream)
            self.serve(ready)

    def serve(self, ready: "set[int]") -> None:
        for descriptor, (listener, name) in tuple(self.listeners.items()):
            if descriptor in ready:
                self.accept(listener, name)
        if self.init and self.init.fileno() in ready:
            self.on_init()
        elif self.socket and self.socket.fileno() in ready:
            self.init, _ = self.socket.accept()
            self.socket.close()
            self.socket = None
            os.unlink(FOLDER + "/socket")  # noqa: PTH108
        if 0 in ready:
            self.on_input()

    def on_input(self) -> None:
        data = os.read(0, 1 << 17)
        if not data:
            os._exit(0)
        self.heard_at = time.monotonic()
        self.inbox += data
        while len(self.inbox) >= HEADER.size:
            kind, number, size = HEADER.unpack_from(self.inbox)
            if len(self.inbox) < HEADER.size + size:
                return
            payload = bytes(self.inbox[HEADER.size : HEADER.size + size])
            del self.inbox[: HEADER.size + size]
            self.handle(kind, number, payload)

    def handle(self, kind: bytes, number: int, payload: bytes) -> None:
        stream = self.streams.get(number)
        if kind == b"D" and stream and stream.sink >= 0:
            stream.pending += payload
            self.write(stream)
        elif kind == b"A" and stream:
            stream.credit += int.from_bytes(payload, "big")
        elif kind == b"E" and stream:
            stream.ending = True
            self.write(stream)
        elif kind == b"X" and stream:
            self.forget(stream)
        elif kind == b"R":
            self.run(number, int.from_bytes(payload[:8], "big"), payload[8:])
        elif kind == b"W":
            read_end, write_end = os.pipe()
            self.streams[number] = Stream(number, sink=write_end)
            self.to_init(b"write %d" % (number >> 2), [read_end])
        elif kind == b"K":
            self.to_init(b"kill 0", [])
        elif kind == b"U":
            self.to_init(b"usage 0", [])
        elif kind == b"F":
            path, _, content = payload.partition(b"\0")
            write_file(path.decode(), content, number)
        elif kind == b"L":
            self.listen(payload.decode())
        elif kind == b"N":
            self.send(b"N", 0, b"reached" if network_reached() else b"")
        elif kind == b"G":
            self.start_init()
        elif kind == b"P":
            self.send(b"P", 0)

    def run(self, number: int, keep: int, payload: bytes) -> None:
        """``keep`` is the number of bytes to send of each output; 0 sends all."""
        (stdin, stdin_sink), (stdout_source, stdout), (stderr_source, stderr) = os.pipe(), os.pipe(), os.pipe()
        self.streams[number] = Stream(number, sink=stdin_sink)
        self.streams[number + 1] = Stream(number + 1, source=stdout_source, keep=keep or None)
        self.streams[number + 2] = Stream(number + 2, source=stderr_source, keep=keep or None)
        spec = os.memfd_create("command")
        os.write(spec, payload)
        os.lseek(spec, 0, os.SEEK_SET)
        self.to_init(b"run %d" % (number >> 2), [spec, stdin, stdout, stderr])

    def to_init(self, packet: bytes, descriptors: "list[int]") -> None:
        try:
            if self.init:
                socket.send_fds(self.init, [packet], descriptors)
        except OSError:
            pass  # its end is noticed when its socket is read
        for descriptor in descriptors:
            os.close(descriptor)

    def on_init(self) -> None:
        assert self.init
        try:
            packet, descriptors, _, _ = socket.recv_fds(self.init, 4096, 4)
        except ConnectionError:
            packet, descriptors = b"", []
        kind, *rest = packet.split(b" ")
        if not packet:
            for stream in tuple(self.streams.values()):
                self.drain(stream)
            self.send(b"Z", 0)
            os._exit(0)
        if kind == b"egress":
            listener = socket.socket(fileno=descriptors.pop())
            self.listeners[listener.fileno()] = (listener, b"egress")
        if kind == b"done":
            packet += self.finish(int(rest[0]) << 2)
        for descriptor in descriptors:
            os.close(descriptor)
        self.send(b"C", 0, packet)

    def listen(self, path: str) -> None:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        listener.bind(path)
        os.chmod(path, 0o666)  # noqa: PTH101, S103
        listener.listen(64)
        self.listeners[listener.fileno()] = (listener, path.encode())

    def accept(self, listener: socket.socket, name: bytes) -> None:
        connection, _ = listener.accept()
        number = FIRST_CONNECTION | self.connections
        self.connections += 1
        descriptor = connection.detach()
        self.streams[number] = Stream(number, source=descriptor, sink=descriptor)
        self.send(b"O", number, name)

    def start_init(self) -> None:
        """Everything is in place: init may connect."""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.bind(FOLDER + "/socket")
        os.chmod(FOLDER + "/socket", 0o666)  # noqa: PTH101, S103
        self.socket.listen(1)
        write_file(FOLDER + "/complete", b"", 0o644)


def write_file(path: str, content: bytes, mode: int) -> None:
    """Appends to it, because large files come in parts."""
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    with open(path, "ab") as file:  # noqa: PTH123
        file.write(content)
    os.chmod(path, mode)  # noqa: PTH101


def network_reached() -> bool:
    """Whether the pod can reach the cluster's API server, which every pod could without a network policy. A lost packet
    is sent again within this time."""
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST", ""), int(os.environ.get("KUBERNETES_SERVICE_PORT") or 443)
    if not host:
        return True
    try:
        socket.create_connection((host, port), PROBE_SECONDS).close()
    except OSError:
        return False
    return True


def report_to_keeper() -> socket.socket:
    """The keeper of this container ends when this connection does."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        if connection.connect_ex(ALIVE) == 0:
            return connection
        connection.close()
        if time.monotonic() > deadline:
            raise SystemExit("the relay's container does not start")
        time.sleep(0.02)


def main() -> None:
    os.umask(0o022)
    keeper = report_to_keeper()
    try:
        Relay().loop()
    finally:
        keeper.close()
        os._exit(0)


if __name__ == "__main__":
    main()
