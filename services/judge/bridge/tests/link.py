"""The tests' end of the bridge: requests to the candidate with a time limit each, and validation of its answers."""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Sequence
from typing import Any
from weakref import WeakValueDictionary

from ..wire.argument_changes import apply_changes
from ..wire.codec import Decoder, Encoder, Malformed, Memo
from ..wire.driver_calls import decode_reply, encode_call
from ..wire.frames import dump, load
from .callbacks import Callbacks, builtin_base_name
from .candidate_errors import CandidateDied, CandidateError, ErrorClasses
from .proxies import VALUES, Handle, Remote, RemoteModule, get_handle

MAX_GENERATIONS = 25
PATIENCE = 10
"""The judge ends a call that takes too long. It allows more time while the host is busy, at most this factor."""


class Link:
    """Every line has a prefix. Sent: ``>`` to the candidate, ``=`` a test's result, ``!`` restart the candidate,
    ``$`` run a program, ``?`` read a file, ``%`` CPU time. Received: ``<`` from the candidate, ``^`` restarted, ``x``
    the candidate ended, ``$``, ``?`` and ``%`` the judge's answers."""

    def __init__(self, source: int, sink: int, *, call_seconds: float, callbacks: Callbacks) -> None:
        self._source, self._sink = source, sink
        self._call_seconds, self._callbacks = PATIENCE * call_seconds, callbacks
        self._buffer = bytearray()
        self._classes = ErrorClasses()
        self._proxies: WeakValueDictionary[int, Remote] = WeakValueDictionary()
        self._last_request = 0
        self.generation, self._dead = 0, ""

    # --- requests of proxies and tests

    def request(self, operation: str, target: Any, *arguments: Any) -> Any:
        self._ensure_alive()
        self._refresh(target)
        return self._request(operation, (target, *arguments))

    def module(self, name: str) -> RemoteModule:
        self._ensure_alive()
        made = self._request("import", (name,))
        handle = get_handle(made)
        if handle is None:
            raise CandidateDied("the candidate imported something that is not a module")
        handle.path = (name, ())
        return RemoteModule(name, handle)

    def call_driver(self, operation: str, arguments: Sequence[Any]) -> Any:
        """An operation of the task's driver, which then takes the place of the candidate's host."""
        self._ensure_alive()
        self._last_request += 1
        deadline = time.monotonic() + self._call_seconds
        self._send(b">" + encode_call(self._last_request, operation, arguments) + b"\n")
        while (line := self._line(deadline))[:1] != b"<":
            if line[:1] == b"x":
                raise self._mark_dead(f"the candidate ended: {json.loads(line[1:])}")
        try:
            reply = decode_reply(line[1:], self._last_request)
        except Malformed as error:
            raise self._mark_dead(f"the candidate violated the driver's protocol: {error}") from None
        if reply.error:
            raise self._classes.driver_error(*reply.error)
        return reply.value

    def ask_judge(self, kind: bytes, question: Any, seconds: float) -> Any:
        """A request to the judge's own process, which the candidate can never answer."""
        self._send(kind + json.dumps(question).encode() + b"\n")
        deadline = time.monotonic() + PATIENCE * seconds
        while (line := self._line(deadline))[:1] != kind:
            pass
        return json.loads(line[1:])

    def report(self, record: dict[str, Any]) -> None:
        self._send(b"=" + json.dumps(record).encode() + b"\n")

    def restart_if_dead(self) -> None:
        """Starts a new generation of the candidate, unless too many have died."""
        if not self._dead or self.generation >= MAX_GENERATIONS:
            return
        self._send(b"!\n")
        deadline = time.monotonic() + PATIENCE * 30
        while self._line(deadline)[:1] != b"^":
            pass
        self.generation, self._dead = self.generation + 1, ""
        self._proxies.clear()

    # --- one exchange

    def _request(self, operation: str, arguments: tuple[Any, ...]) -> Any:
        memo = Memo()
        given = Encoder(memo, self._encode_reference).value(arguments)
        count = len(memo.items)
        self._last_request += 1
        number, deadline = self._last_request, time.monotonic() + self._call_seconds
        self._send(b">" + dump(["q", number, operation, given]))
        try:
            answer = self._answer(number, deadline)
            decoder = Decoder(memo, self._decode_reference)
            value = decoder.value(answer[2]) if answer[0] == "r" else self._decode_error(answer[2], decoder)
            apply_changes(answer[3], memo, count, decoder)
        except Malformed as error:
            raise self._mark_dead(f"the candidate violated the bridge's protocol: {error}") from None
        if answer[0] == "e":
            raise value
        return value

    def _answer(self, number: int, deadline: float) -> list[Any]:
        """Waits for the answer to the request; meanwhile executes the candidate's callbacks."""
        while True:
            line = self._line(deadline)
            if line[:1] == b"x":
                raise self._mark_dead(f"the candidate ended: {json.loads(line[1:])}")
            if line[:1] != b"<":
                continue
            frame = load(line[1:])
            if frame[0] == "k" and len(frame) == 4:
                self._call_back(frame)
            elif frame[0] in ("r", "e") and len(frame) == 4 and type(frame[1]) is int and frame[1] == number:
                return frame
            else:
                raise Malformed("not an answer to the request")

    def _call_back(self, frame: list[Any]) -> None:
        memo = Memo()
        given = Decoder(memo, self._decode_reference).value(frame[3])
        if type(given) is not tuple:
            raise Malformed("not a tuple of arguments")
        try:
            value = self._callbacks.execute(frame[1], frame[2], given)
            answer = ["a", Encoder(Memo(), self._encode_reference).value(value)]
        except (AssertionError, Malformed) as error:
            self._dead = "a test failed during a callback"
            raise error
        except Exception as error:
            answer = self._encode_error(error)
        except BaseException:
            self._dead = self._dead or "a test ended during a callback"
            raise
        self._send(b">" + dump(answer))

    def _encode_error(self, error: Exception) -> list[Any]:
        """An error of the tests, to be raised in the candidate; if the candidate does not catch it, the test gets
        the same object back."""
        raised = RuntimeError(str(error)) if isinstance(error, StopIteration) else error
        return ["ae", self._callbacks.number(raised), builtin_base_name(type(raised)), str(raised)]

    # --- values

    def _encode_reference(self, value: Any, encoder: Encoder, depth: int) -> list[Any]:
        self._refresh(value)
        return self._callbacks.encode(value, encoder, depth)

    def _decode_reference(self, tag: str, rest: list[Any], decoder: Decoder, depth: int) -> Any:
        if tag == "h":
            return self._proxy(*rest)
        if tag == "H":
            return self._callbacks.item(rest[0])
        if tag == "v":
            number, name, data = rest
            return self._value(number, name, decoder.value(data, depth))
        if tag == "x":
            return self._class(*rest)
        if tag == "X":
            return self._decode_error(rest, decoder)
        raise Malformed("an unknown tag")

    def _proxy(self, number: Any, name: Any) -> Remote:
        if type(number) is not int or type(name) is not str:
            raise Malformed("not a handle")
        proxy = self._proxies.get(number)
        if proxy is None:
            proxy = self._proxies[number] = Remote(Handle(self, number, name[:200], self.generation))
        return proxy

    def _value(self, number: Any, name: Any, data: Any) -> Any:
        if type(data) not in VALUES or type(number) is not int:
            raise Malformed("not a value of a subclass")
        value = VALUES[type(data)](data)
        value._handle = Handle(self, number, str(name)[:200], self.generation)
        return value

    def _class(self, number: Any, names: Any, leaves: Any) -> type[CandidateError]:
        return self._classes.get(names, leaves)

    def _decode_error(self, described: Any, decoder: Decoder) -> BaseException:
        """The candidate's error; one that came from a test is that very object."""
        if type(described) is list and len(described) == 2 and described[0] == "L":
            error = self._callbacks.item(described[1]) if described[1] != -1 else None
            if not isinstance(error, Exception):
                raise Malformed("not an error of the tests")
            return error
        if type(described) is not list or len(described) != 5:
            raise Malformed("not an error")
        number, names, leaves, message, arguments = described
        if type(message) is not str or type(arguments) is not list:
            raise Malformed("not an error message")
        if type(leaves) is list and {"SystemExit", "KeyboardInterrupt", "GeneratorExit"} & set(map(str, leaves)):
            return CandidateDied(f"the candidate ended itself: {leaves[0]}")
        kind = self._classes.get(names, leaves)
        error = kind.__new__(kind)
        error.args = tuple(decoder.values(arguments))
        error._message = message
        error._attributes = self._proxy(number, kind.__name__)
        return error

    # --- the candidate's generations

    def _ensure_alive(self) -> None:
        if self._dead:
            raise CandidateDied(self._dead)

    def _refresh(self, target: Any) -> None:
        """Looks up again what belongs to an earlier generation, if it has an import path."""
        handle = get_handle(target)
        if handle is None or handle.generation == self.generation:
            return
        if handle.path is None:
            raise CandidateDied("this object belonged to an earlier candidate process, which has ended")
        found = get_handle(self._request("resolve", handle.path))
        if found is None:
            raise CandidateDied("an imported object does not exist in the restarted candidate")
        handle.number, handle.generation = found.number, self.generation

    def _mark_dead(self, reason: str) -> CandidateDied:
        self._dead = reason
        return CandidateDied(reason)

    # --- bytes

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._sink, view) :]

    def _line(self, deadline: float) -> bytes:
        searched = 0
        while (at := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            ready, _, _ = select.select([self._source], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise self._mark_dead(f"the candidate did not answer within {self._call_seconds:g} s")
            data = os.read(self._source, 1 << 18)
            if not data:
                raise SystemExit("the judge is gone")
            self._buffer += data
        line = bytes(self._buffer[:at])
        del self._buffer[: at + 1]
        return line
