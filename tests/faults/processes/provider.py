"""A model provider that records its charges: ``python -m tests.faults.processes.provider JOURNAL SECONDS``.

It has OpenAI's API. It answers each request after SECONDS with the last word of the last message. Before it sends the
answer it appends the charge to the journal, as a line of JSON with the tokens: a lost answer is charged too.
"""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO

import msgspec


class _Body(msgspec.Struct):
    messages: list[dict[str, Any]]
    model: str = ""
    stream: bool = False


class Charge(msgspec.Struct, frozen=True):
    input_tokens: int
    output_tokens: int


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, journal: TextIO, seconds: float) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            body = msgspec.json.decode(await reader.readexactly(length), type=_Body)
            await asyncio.sleep(seconds)
            text = str(body.messages[-1]["content"])
            charge = Charge(input_tokens=max(1, len(text) // 4), output_tokens=1)
            print(msgspec.json.encode(charge).decode(), file=journal, flush=True)
            writer.write(_answer(text.split()[-1], charge, body.stream))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def _answer(word: str, charge: Charge, stream: bool) -> bytes:
    total = charge.input_tokens + charge.output_tokens
    usage = {"prompt_tokens": charge.input_tokens, "completion_tokens": charge.output_tokens, "total_tokens": total}
    if not stream:
        choice = {"index": 0, "message": {"role": "assistant", "content": word}, "finish_reason": "stop"}
        return _http(msgspec.json.encode(_envelope("chat.completion", [choice], usage)), b"application/json")
    kind = "chat.completion.chunk"
    parts = (
        _envelope(kind, [{"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}], None),
        _envelope(kind, [{"index": 0, "delta": {}, "finish_reason": "stop"}], None),
        _envelope(kind, [], usage),
    )
    lines = b"".join(b"data: " + msgspec.json.encode(part) + b"\n\n" for part in parts)
    return _http(lines + b"data: [DONE]\n\n", b"text/event-stream")


def _envelope(kind: str, choices: list[dict[str, Any]], usage: dict[str, int] | None) -> dict[str, Any]:
    return {"id": "paid", "object": kind, "created": 0, "model": "echo", "choices": choices, "usage": usage}


def _http(body: bytes, media_type: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (media_type, len(body), body)


async def main(journal: Path, seconds: float, host: str, port: int) -> None:
    with journal.open("a") as file:
        server = await asyncio.start_server(lambda r, w: serve(r, w, file, seconds), host, port)
        host, port = server.sockets[0].getsockname()[:2]
        print(f"http://{host}:{port}/v1", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("journal", type=Path)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(main(**vars(parser.parse_args())))
