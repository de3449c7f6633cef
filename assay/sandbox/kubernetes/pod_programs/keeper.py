"""Process 1 of the relay's container: ends when the relay has ended, or if none has started, and then tells a sandbox
that has not yet become init. Never imported."""

import os
import signal
import socket

ALIVE, ENDED, START_SECONDS = "/tmp/alive", "/run/assay/ended", 600


def end(_number: int, _frame: object) -> None:
    os._exit(0)


def main() -> None:
    signal.signal(signal.SIGTERM, end)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(ALIVE)
    listener.listen(1)
    listener.settimeout(START_SECONDS)
    try:
        relay, _ = listener.accept()
        relay.settimeout(None)
        relay.recv(1)
    finally:
        open(ENDED, "wb").close()  # noqa: PTH123


if __name__ == "__main__":
    main()
