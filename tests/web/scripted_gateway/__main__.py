"""Serve the built dashboard with a run that goes on: ``python -m tests.web.scripted_gateway [port]``."""

from __future__ import annotations

import sys
import time

from assay.contracts.runs import RunRequest
from tests.web.scripted_gateway.server import Stage

MODELS = ("oracle", "nop", "local/smollm2-135m", "openai/gpt-4o-mini")


def main() -> None:
    with Stage(int(sys.argv[1]) if len(sys.argv) > 1 else 8700) as stage:
        print(stage.url, flush=True)
        while True:
            played = stage.do(stage.play.submit, RunRequest(models=MODELS, suite="demo", repeats=2))
            while played.waiting:
                stage.do(stage.play.step, played.run.run_id)
                time.sleep(0.05)


if __name__ == "__main__":
    main()
