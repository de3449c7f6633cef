"""A process loads what it uses. What is named here took a tenth of a second or more of a start that had no use for it;
bench/README.md has the figures."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from assay import without

NEVER = ("aiohttp", "rich")
IDLE = {
    "services.gateway.__main__": (*NEVER, "genai_prices"),
    "services.ledger.__main__": (*NEVER, "sqlalchemy", "alembic"),
    "services.runner.__main__": (*NEVER, "openai", "docker", "bpe_openai", "genai_prices"),
    "services.judge.__main__": (*NEVER, "docker", "pytest"),
    "assay.embedded.model_host": (*NEVER, "xllamacpp"),
    "assay.cli.commands.up": (*NEVER, "nats", "structlog"),
    "assay.cli.commands.runs": ("nats", "structlog", "websockets"),
}


@pytest.mark.parametrize("module", IDLE)
def test_nothing_idle_is_loaded_at_a_start(module: str) -> None:
    program = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert module in loaded
    assert not set(IDLE[module]) & set(loaded)


def test_what_is_hidden_is_there_again_afterwards() -> None:
    sys.modules.pop("colorsys", None)
    with without("colorsys"), pytest.raises(ModuleNotFoundError):
        import colorsys
    import colorsys

    with without("colorsys"):
        assert isinstance(sys.modules["colorsys"], ModuleType), "what is loaded already stays"
    assert colorsys.rgb_to_hsv(0, 0, 0) == (0, 0, 0)
