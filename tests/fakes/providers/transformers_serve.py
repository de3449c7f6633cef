"""The command ``transformers serve``: its command line, and the server that it starts.

``python -m tests.fakes.providers.transformers_serve serve [OPTIONS] -- MODEL``. The model's name decides how it
behaves: ``slow`` loads for a second, ``broken`` fails to load, ``mortal`` dies at its first request, ``stubborn``
ignores SIGTERM and starts another process.
https://huggingface.co/docs/transformers/serving
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time
from typing import Any

from tests.fakes.providers.endpoint import FakeEndpoint

LOAD_SECONDS = 1.0


class TransformersServer(FakeEndpoint):
    """Pinned to one model. Its replies name the model's revision, and list the environment's names of Assay."""

    def __init__(self, model: str) -> None:
        super().__init__()
        self.model = model
        self.default.model = f"{model}@main"
        self.default.text = "secrets: " + " ".join(name for name in os.environ if name.startswith("ASSAY_"))

    async def own_reply(self, path: str, body: dict[str, Any]) -> tuple[int, Any] | None:
        if path == "/health":
            return 200, {"status": "ok"}
        if path == "/v1/models":
            return 200, {
                "object": "list",
                "data": [{"id": self.model, "object": "model", "status": {"value": "loaded"}}],
            }
        if "mortal" in self.model:
            os._exit(9)
        if body["model"] != self.model:
            return 400, {"detail": f"Server is pinned to '{self.model}'; requested '{body['model']}'."}
        return None


def main() -> None:
    options = parse(sys.argv[1:])
    model = options.model
    print(f"Loading {model}", file=sys.stderr, flush=True)
    if "broken" in model:
        raise ImportError("Missing dependencies for serving. Install with `pip install transformers[serving]`")
    if "slow" in model:
        time.sleep(LOAD_SECONDS)
    if "stubborn" in model:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    asyncio.run(serve(options))


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="transformers")
    command = parser.add_subparsers(required=True).add_parser("serve")
    command.add_argument("model")
    command.add_argument("--host", default="localhost")
    command.add_argument("--port", type=int, default=8000)
    command.add_argument("--device", default="auto")
    command.add_argument("--dtype", default="auto")
    command.add_argument("--continuous-batching", action="store_true")
    command.add_argument("--trust-remote-code", action="store_true")
    return parser.parse_args(arguments)


async def serve(options: argparse.Namespace) -> None:
    endpoint = TransformersServer(options.model)
    server = await asyncio.start_server(endpoint.serve, options.host, options.port)
    print(f"Uvicorn running on http://{options.host}:{options.port}", file=sys.stderr, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    main()
