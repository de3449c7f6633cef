"""Makes a pod's relay look like init on this machine: serves the socket of a SandboxSession, whose packets carry
descriptors, and exchanges frames with the relay."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from assay.sandbox.errors import SandboxNotStarted
from assay.sandbox.kubernetes.host_streams import Sink, Source
from assay.sandbox.kubernetes.relay_protocol import FIRST_CONNECTION, Frame, frame, frames

_PING_SECONDS, _SILENCE_SECONDS = 10.0, 90.0
_PROBE_SECONDS = 30.0
_PAYLOAD_BYTES = 4_000_000
_EGRESS = "egress"


@dataclass(kw_only=True)
class _Request:
    """A command or a write under way; ``outputs`` are stdout and stderr."""

    input: Source
    outputs: tuple[Sink, ...] = ()
    done: bytes = b""
    """Init's packet about its end, until the session may have it."""


class Bridge:
    """``control`` is the session's socket. ``send`` passes bytes to the relay; ``feed`` takes those from it.
    ``before_end`` runs, with the reason, before the session learns that init is gone. ``sockets`` are Unix sockets on
    this machine by their path in the pod."""

    def __init__(
        self, send: Callable[[bytes], None], before_end: Callable[[str], Awaitable[None]], sockets: Mapping[str, Path]
    ) -> None:
        self._send_bytes, self._before_end, self._sockets = send, before_end, sockets
        self._loop = asyncio.get_running_loop()
        self.control, self._socket = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)
        self._loop.add_reader(self._socket.fileno(), self._on_packet)
        self._buffer = bytearray()
        self._requests: dict[int, _Request] = {}
        self._connections: dict[int, tuple[Source, Sink]] = {}
        self._egress: socket.socket | None = None
        self._network_reached: asyncio.Future[bool] = self._loop.create_future()
        self.own_network: asyncio.Future[bool] = self._loop.create_future()
        """Whether init has a network namespace of its own."""
        self._heard_at = self._loop.time()
        self._killed = self._closed = False
        self._reason = "it was closed"
        self._tasks = {asyncio.create_task(self._ping())}

    async def network_reached(self) -> bool:
        """Whether the pod can reach the API server now."""
        if self._network_reached.done():
            self._network_reached = self._loop.create_future()
        self.send(Frame.PROBE)
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                return await asyncio.shield(self._network_reached)
        except TimeoutError:
            raise SandboxNotStarted(f"the relay did not answer within {_PROBE_SECONDS:.0f} s") from None

    def send(self, kind: Frame, number: int = 0, payload: bytes = b"") -> None:
        if not self._closed:
            self._send_bytes(frame(kind, number, payload))

    def feed(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        self._buffer += data
        try:
            for kind, number, payload in frames(self._buffer):
                self._handle(kind, number, payload)
        except ValueError as error:
            self.lose(f"it sent {error}")

    def lose(self, reason: str) -> None:
        """The relay or init is gone."""
        if not self._closed:
            self._closed, self._reason = True, reason
            self._spawn(self._end())

    async def close(self) -> None:
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._release()

    def _handle(self, kind: Frame, number: int, payload: bytes) -> None:
        if kind in (Frame.DATA, Frame.END, Frame.ACK, Frame.ABANDON):
            self._on_stream(kind, number, payload)
        elif kind is Frame.CONTROL:
            self._on_control(payload)
        elif kind is Frame.OPEN:
            self._connect(number, payload.decode())
        elif kind is Frame.PROBE and not self._network_reached.done():
            self._network_reached.set_result(bool(payload))
        elif kind is Frame.GONE:
            self.lose("init ended")

    def _on_stream(self, kind: Frame, number: int, payload: bytes) -> None:
        source, sink = self._ends(number)
        if kind is Frame.DATA and sink:
            sink.feed(payload)
        elif kind is Frame.END and sink:
            sink.end()
        elif kind is Frame.ACK and source:
            source.acknowledge(int.from_bytes(payload, "big"))
        elif kind is Frame.ABANDON and source:
            source.close()

    def _ends(self, number: int) -> tuple[Source | None, Sink | None]:
        if number >= FIRST_CONNECTION:
            return self._connections.get(number, (None, None))
        request, end = self._requests.get(number >> 2), number & 3
        if not request:
            return None, None
        return (request.input, None) if end == 0 else (None, request.outputs[end - 1])

    def _on_packet(self) -> None:
        """From the session."""
        try:
            packet, descriptors, _, _ = socket.recv_fds(self._socket, 4096, 4)
        except BlockingIOError:
            return
        kind, *words = packet.split(b" ")
        if kind == b"run":
            self._run(int(words[0]), int(words[1]), *descriptors)
        elif kind == b"write":
            number = int(words[0])
            self.send(Frame.WRITE, number << 2)
            self._requests[number] = _Request(input=Source(descriptors[0], number << 2, self.send))
        elif kind == b"usage":
            self.send(Frame.USAGE)
        elif kind == b"kill":
            self._killed = True
            self.send(Frame.KILL)
            for number in tuple(self._requests):
                self._finish_if_written(number)
        else:
            self._loop.remove_reader(self._socket.fileno())

    def _run(self, number: int, keep_bytes: int, payload: int, stdin: int, stdout: int, stderr: int) -> None:
        if not any(request.outputs for request in self._requests.values()):
            self._killed = False
        with open(payload, "rb") as file:
            self.send(Frame.RUN, number << 2, keep_bytes.to_bytes(8, "big") + file.read(_PAYLOAD_BYTES))
        first = number << 2
        outputs = (Sink(stdout, first + 1, self.send), Sink(stderr, first + 2, self.send))
        for output in outputs:
            output.on_close = lambda: self._finish_if_written(number)
        self._requests[number] = _Request(input=Source(stdin, first, self.send), outputs=outputs)

    def _on_control(self, packet: bytes) -> None:
        """From init."""
        kind, *words = packet.split(b" ")
        if kind == b"network":
            self.own_network.set_result(words == [b"own"])
        elif kind == b"egress":
            self._offer_egress()
        elif kind == b"done" and (request := self._requests.get(int(words[0]))):
            request.done = packet
            request.input.close()
            for output in request.outputs:
                output.end()
            self._finish_if_written(int(words[0]))
        else:
            if kind == b"ready" and not self.own_network.done():
                self.own_network.set_result(False)
            self._to_session(packet)

    def _finish_if_written(self, number: int) -> None:
        """The session learns of a command's end when it has all of its output. After a kill, output for which a reader
        who has paused leaves no space is dropped."""
        request = self._requests.get(number)
        if not request or not request.done or not (self._killed or all(output.closed for output in request.outputs)):
            return
        del self._requests[number]
        for output in request.outputs:
            output.close()
        self._to_session(request.done)

    def _offer_egress(self) -> None:
        """A listening socket on this machine, for the proxy, to which connections to init's are passed on."""
        self._egress = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._egress.bind("")  # an abstract name that the kernel chooses
        self._egress.listen(64)
        self._egress.setblocking(False)
        self._to_session(b"egress", [self._egress.fileno()])

    def _connect(self, number: int, name: str) -> None:
        """At once, because what the other side sends may follow already. A Unix socket answers immediately."""
        target = self._egress.getsockname() if name == _EGRESS and self._egress else str(self._sockets.get(name, ""))
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            if not target:
                raise ConnectionRefusedError(name)
            connection.connect(target)
        except OSError:
            connection.close()
            self.send(Frame.ABANDON, number)
            return
        source = Source(os.dup(connection.fileno()), number, self.send)
        sink = Sink(os.dup(connection.fileno()), number, self.send)
        sink.on_close = lambda: self._end_writing(connection)
        self._connections[number] = (source, sink)

    def _end_writing(self, connection: socket.socket) -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        connection.close()

    def _to_session(self, packet: bytes, descriptors: list[int] | None = None) -> None:
        with suppress(OSError):
            socket.send_fds(self._socket, [packet], descriptors or [])

    async def _ping(self) -> None:
        while self._loop.time() - self._heard_at < _SILENCE_SECONDS:
            self.send(Frame.PING)
            await asyncio.sleep(_PING_SECONDS)
        self.lose(f"nothing was heard of it for {_SILENCE_SECONDS:.0f} s")

    async def _end(self) -> None:
        try:
            await self._before_end(self._reason)
        finally:
            self._release()

    def _release(self) -> None:
        """The session notices that the socket is closed."""
        if self._socket.fileno() < 0:
            return
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        for future in (self._network_reached, self.own_network):
            if not future.done():
                future.set_exception(SandboxNotStarted(f"the connection to the pod's relay ended: {self._reason}"))
                future.exception()
        for request in self._requests.values():
            request.input.close()
            for output in request.outputs:
                output.on_close = None
                output.close()
        for source, sink in self._connections.values():
            source.close()
            sink.close()
        if self._egress:
            self._egress.close()

    def _spawn(self, coroutine: Awaitable[None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
