"""``python -m assay.embedded.model_host``."""

from __future__ import annotations

import asyncio
import shlex

from assay import without

with without("rich"):  # as in the services
    import structlog
from assay.bus.nats.bus import connect
from assay.contracts.rpc import ServeModel
from assay.embedded.model_host.embedded_model import MODEL, EmbeddedModel
from assay.embedded.model_host.host import ModelHost
from assay.embedded.model_host.settings import ModelHostSettings
from assay.embedded.model_host.transformers_host import TransformersHost
from assay.embedded.model_host.transformers_process import ServeOptions
from assay.service.process import run_draining_service

_log = structlog.get_logger(__name__)


async def serve(settings: ModelHostSettings, stop: asyncio.Event) -> None:
    """Serve until ``stop`` is set or the connection to the bus is closed."""
    bus = await connect(settings.bus("modelhost"))
    host = open_host(settings)
    await bus.rpc.serve(ServeModel.service, {ServeModel: host.on_models_serve})
    _log.info("modelhost.ready", model=MODEL)
    ends = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(bus.closed.wait())]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for end in ends:
        end.cancel()
    await bus.close()
    await host.close()


def open_host(settings: ModelHostSettings) -> ModelHost:
    embedded = EmbeddedModel(
        threads=settings.threads, host=settings.model_host, port=settings.model_port, url=settings.model_url.rstrip("/")
    )
    options = ServeOptions(
        command=tuple(shlex.split(settings.transformers_command)),
        arguments=tuple(shlex.split(settings.transformers_arguments)),
        host=settings.model_host,
        port=settings.transformers_port,
        url=settings.transformers_url.rstrip("/"),
    )
    return ModelHost(
        embedded=embedded,
        transformers=TransformersHost(options=options, idle_seconds=settings.transformers_idle_seconds),
    )


if __name__ == "__main__":
    run_draining_service("modelhost", serve, ModelHostSettings)
