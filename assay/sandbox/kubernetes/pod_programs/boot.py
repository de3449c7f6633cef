"""Starts as process 1 of the sandbox's container and becomes init, once the relay has written its programs. Never
imported."""

import os
import signal
import sys
import time

FOLDER, START_SECONDS, POLL_SECONDS = "/run/assay", 600, 0.01


def end(_number: int, _frame: object) -> None:
    os._exit(0)


def main() -> None:
    signal.signal(signal.SIGTERM, end)
    deadline = time.monotonic() + START_SECONDS
    while not os.path.exists(FOLDER + "/complete"):  # noqa: PTH110
        if time.monotonic() > deadline or os.path.exists(FOLDER + "/ended"):  # noqa: PTH110
            os._exit(1)
        time.sleep(POLL_SECONDS)
    program = FOLDER + "/container_init.py"
    os.execv(sys.executable, ["python3", "-I", "-S", "-B", program, *sys.argv[1:]])


if __name__ == "__main__":
    main()
