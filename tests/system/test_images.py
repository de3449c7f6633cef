"""Charts as images, from the catalogue to a provider that looks at them, in the real system."""

from __future__ import annotations

import base64
from pathlib import Path
from shutil import copytree
from typing import Any

from assay.contracts.money import IMAGE_TOKENS, nanousd
from tests.catalog.bar_charts import CHARTS, COLOURS, png
from tests.fakes.providers.endpoint import FakeEndpoint, Reply, serve_in_thread
from tests.runner.models.families.sent_images import openai_chat
from tests.system.harness import running_stack

TASK = Path(__file__).parents[2] / "catalog/tasks/highest_bar"
COLOURS_BY_CHART = {
    base64.b64encode(png(heights)).decode(): list(COLOURS)[heights.index(max(heights))] for heights in CHARTS.values()
}


class LookingProvider(FakeEndpoint):
    """Answers with the colour of the highest bar in the chart it gets."""

    def reply_to(self, body: dict[str, Any]) -> Reply:
        ((media_type, chart),) = openai_chat(body)
        assert media_type == "image/png"
        return Reply(text=f"The highest bar is {COLOURS_BY_CHART[chart]}.")


def write_catalog(folder: Path, url: str) -> Path:
    copytree(TASK, folder / "tasks/highest_bar")
    (folder / "models.yaml").write_text(
        f"""providers:
  stub:
    kind: openai
    title: Stub
    base_url: "{url}"
    models: [{{name: sees, capabilities: {{vision: true, context_tokens: 200000}}}}]
  local: {{kind: embedded, title: Here, models: [{{name: smollm2-135m}}]}}
"""
    )
    (folder / "prices.yaml").write_text(
        """versions:
  - from: 2025-01-01
    models:
      stub/sees: {input_usd_per_mtok: 1, output_usd_per_mtok: 1}
"""
    )
    return folder


def test_a_model_sees_the_charts_of_a_task(tmp_path: Path) -> None:
    """The quote counts them, the stored prompt names them, and a model that accepts none is refused."""
    with (
        serve_in_thread(LookingProvider()) as provider,
        running_stack(ASSAY_CATALOG=str(write_catalog(tmp_path / "catalog", provider.url))) as stack,
    ):
        models = {model["name"]: model["capabilities"] for model in stack.http.get("/models").json()}
        assert (models["stub/sees"]["vision"], models["stub/sees"]["context_tokens"]) == (True, 200_000)
        request: dict[str, Any] = {"tasks": ["highest_bar"], "models": ["stub/sees"]}
        refused = stack.http.post("/runs", json={**request, "models": ["local/smollm2-135m"]}).json()
        assert "task 'highest_bar' needs images, which local/smollm2-135m does not accept" in refused["detail"]
        quote = stack.http.post("/runs/quote", json=request).json()
        assert 1 < nanousd(quote["worst_usd"]) / (3 * IMAGE_TOKENS * 1_000) < 1.02
        (shown, *_) = stack.http.post("/runs/preview", json=request).json()["prompts"]
        image = {"name": "images/clear.png", "media_type": "image/png", "size_bytes": len(png(CHARTS["clear"]))}
        assert shown["prompt"]["messages"][-1]["images"] == [image]

        run_id = stack.submit(**request)
        run = stack.finish(run_id)
        assert run["progress"]["outcomes"] == {"passed": 3}, stack.attempts(run_id)
        attempt = next(each for each in stack.attempts(run_id) if each["sample_id"] == "clear")
        prompt = stack.http.get(f"/attempts/{attempt['attempt_id']}/artifacts/prompt.json").json()
        assert prompt[-1]["images"] == [image]
