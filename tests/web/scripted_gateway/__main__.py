"""Serve the built dashboard with endless runs: ``python -m tests.web.scripted_gateway [port]``."""

from __future__ import annotations

import sys
import time

from assay.contracts.runs import RunRequest
from tests.web.scripted_gateway.server import ScriptedGateway

MODELS = ("oracle", "nop", "local/smollm2-135m", "openai/gpt-4o-mini")


def main() -> None:
    with ScriptedGateway(int(sys.argv[1]) if len(sys.argv) > 1 else 8700) as gateway:
        print(gateway.url, flush=True)
        while True:
            scripted = gateway.call(gateway.runs.submit, RunRequest(models=MODELS, suite="demo", repeats=2))
            while scripted.unfinished:
                gateway.call(gateway.runs.advance, scripted.run.run_id)
                time.sleep(0.05)


if __name__ == "__main__":
    main()
