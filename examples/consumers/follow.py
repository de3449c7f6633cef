"""Follows Assay's facts over NATS and appends each once to a file, as one line of JSON.

    assay consumers token billing --out billing.env
    python follow.py billing.env facts.jsonl

Needs `pip install nats-py`. It can be interrupted at any moment, in any way, and started again with the same files.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import BinaryIO

import nats
import nats.errors


async def follow(settings: dict[str, str], file: BinaryIO) -> None:
    user = settings["ASSAY_NATS_USER"]
    written = {json.loads(line)["id"] for line in file}
    connection = await nats.connect(
        settings["ASSAY_NATS_URL"],
        user=user,
        password=settings["ASSAY_NATS_PASSWORD"],
        inbox_prefix=f"_INBOX_{user}",  # the only subjects that this login may subscribe to
        max_reconnect_attempts=-1,
        ping_interval=5,
    )
    facts = await connection.jetstream(prefix="assay.api").pull_subscribe_bind(user, stream="ASSAY_FACTS")
    while True:
        try:
            messages = await facts.fetch(100, timeout=5)
        except (nats.errors.Error, TimeoutError):  # no new facts, or disconnected
            await asyncio.sleep(0.5)
            continue
        for message in messages:
            fact = json.loads(message.data)
            if fact["id"] not in written:  # delivery is at least once
                file.write(message.data + b"\n")
                written.add(fact["id"])
        file.flush()
        os.fsync(file.fileno())
        for message in messages:  # only now, because an acknowledged fact is not delivered again
            await message.ack()


def open_output(path: Path) -> BinaryIO:
    """Opens the file for appending, without a last line that was cut off."""
    file = path.open("a+b")
    file.seek(0)
    file.truncate(file.read().rfind(b"\n") + 1)
    file.seek(0)
    return file


if __name__ == "__main__":
    settings_file, output_file = map(Path, sys.argv[1:])
    lines = settings_file.read_text().splitlines()
    with open_output(output_file) as output:
        asyncio.run(follow(dict(line.split("=", 1) for line in lines), output))
