"""A process imports only what it uses. Each module listed here cost an idle process 0.1 s or more at start;
bench/README.md has the figures."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from assay import without

NEVER = ("aiohttp", "rich", "opentelemetry")
UNUSED = {
    "services.gateway.__main__": (*NEVER, "genai_prices"),
    "services.ledger.__main__": (*NEVER, "sqlalchemy", "alembic"),
    "services.runner.__main__": (*NEVER, "openai", "docker", "bpe_openai", "genai_prices"),
    "services.judge.__main__": (*NEVER, "docker", "pytest"),
    "assay.embedded.model_host.__main__": (*NEVER, "xllamacpp"),
    "assay.cli.commands.up": (*NEVER, "nats", "structlog"),
    "assay.cli.commands.runs": ("nats", "structlog", "websockets"),
}


@pytest.mark.parametrize("module", UNUSED)
def test_a_process_does_not_import_what_it_does_not_use(module: str) -> None:
    program = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert module in loaded
    assert not set(UNUSED[module]) & set(loaded)


def test_hidden_modules_are_importable_again_afterwards() -> None:
    sys.modules.pop("colorsys", None)
    with without("colorsys"), pytest.raises(ModuleNotFoundError):
        import colorsys
    import colorsys

    with without("colorsys"):
        assert isinstance(sys.modules["colorsys"], ModuleType), "modules that are already imported stay"
    assert colorsys.rgb_to_hsv(0, 0, 0) == (0, 0, 0)
