"""Six models of six families in one run, each priced to the nano-dollar."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree
from typing import Any

from assay.contracts.money import nanousd
from tests.fakes.providers.endpoint import FakeEndpoint, Reply, serve_in_thread
from tests.system.harness import running_stack

CATALOG = Path(__file__).parents[2] / "catalog"
USAGE = {
    "prompt_tokens": 30,
    "completion_tokens": 9,
    "total_tokens": 39,
    "prompt_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 12},
    "completion_tokens_details": {"reasoning_tokens": 4},
}
"""Of every call. Google reports no cache writes, Ollama neither these nor cached or reasoning tokens."""
CALL_NANOUSD = {
    "chat/gpt-4.1": 126_000,  # 10 x 2000 + 8 cached x 500 + 12 written x 2500 + 9 x 8000
    "responses/gpt-4.1": 118_500,  # 10 x 1250 + 8 cached x 125 + 12 written x 1250 (as input) + 9 x 10000
    "azure/our-gpt": 132_000,  # 10 x 2200 + 8 cached x 550 + 12 written x 2200 (as input) + 9 x 8800
    "anthropic/claude-opus-4-7": 212_400,  # 10 x 3000 + 8 cached x 300 + 12 written x 3750 + 9 x 15000
    "google/gemini-3.1-pro": 93_980,  # 22 x 1250 + 8 cached x 310 + 5 x 10000 + 4 reasoning x 3500
    "ollama/qwen3:8b": 6_000,  # 30 x 100 + 9 x 333.333 = 5999.997, rounded up
}
"""Tokens x nano-dollars per token, by hand."""
MODELS = """providers:
  chat:
    {{kind: openai, title: A, base_url: "{root}/v1", models: [{{name: gpt-4.1, price: {{input_usd_per_mtok: "2",
      cached_usd_per_mtok: "0.5", cache_write_usd_per_mtok: "2.5", output_usd_per_mtok: "8"}}}}]}}
  responses:
    {{kind: openai, title: B, base_url: "{root}/v1", options: {{api: responses}}, models: [{{name: gpt-4.1, price: {{
      input_usd_per_mtok: "1.25", cached_usd_per_mtok: "0.125", output_usd_per_mtok: "10"}}}}]}}
  azure:
    {{kind: azure, title: C, base_url: "{root}", models: [{{name: our-gpt, price: {{input_usd_per_mtok: "2.2",
      cached_usd_per_mtok: "0.55", output_usd_per_mtok: "8.8"}}}}]}}
  anthropic:
    {{kind: anthropic, title: D, base_url: "{root}", models: [{{name: claude-opus-4-7, price: {{input_usd_per_mtok: "3",
      cached_usd_per_mtok: "0.3", cache_write_usd_per_mtok: "3.75", output_usd_per_mtok: "15"}}}}]}}
  google:
    {{kind: google, title: E, base_url: "{root}", models: [{{name: gemini-3.1-pro, price: {{input_usd_per_mtok: "1.25",
      cached_usd_per_mtok: "0.31", output_usd_per_mtok: "10", reasoning_usd_per_mtok: "3.5"}}}}]}}
  ollama:
    {{kind: ollama, title: F, base_url: "{root}", models: [{{name: "qwen3:8b", price: {{input_usd_per_mtok: "0.1",
      output_usd_per_mtok: "0.333333"}}}}]}}
"""


def write_catalog(folder: Path, root: str) -> Path:
    for name in ("tasks", "suites"):
        copytree(CATALOG / name, folder / name)
    (folder / "models.yaml").write_text(MODELS.format(root=root))
    return folder


def test_each_model_of_a_run_costs_what_its_provider_charges(tmp_path: Path) -> None:
    provider = FakeEndpoint()
    provider.default = Reply(usage=USAGE, reasoning="hm")
    with (
        serve_in_thread(provider),
        running_stack(ASSAY_CATALOG=str(write_catalog(tmp_path / "catalog", provider.root))) as stack,
    ):
        request: dict[str, Any] = {"suite": "demo", "models": list(CALL_NANOUSD), "limits": {"cost_usd": "5"}}
        run = stack.finish(stack.submit(**request))
        assert "infra_error" not in run["progress"]["outcomes"]
        costs = stack.http.get("/costs", params={"by": "model", "run_id": run["run_id"]}).json()
    per_model = run["progress"]["total"] // len(CALL_NANOUSD)
    found = {row["label"]: (row["calls"], nanousd(row["cost_usd"])) for row in costs["rows"]}
    assert found == {name: (per_model, per_model * cost) for name, cost in CALL_NANOUSD.items()}
    assert nanousd(run["progress"]["cost_usd"]) == per_model * sum(CALL_NANOUSD.values())
    assert nanousd(costs["total"]["estimated_usd"]) == 0
    assert len(provider.bodies) == run["progress"]["total"]
