"""Images of a task, from its folder to the request and the artifacts of an attempt."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assay.artifacts import pack
from assay.catalog import make_bundles
from assay.contracts.codec import encode
from assay.contracts.models import CallFault
from assay.contracts.money import TYPICAL_IMAGE_TOKENS
from assay.contracts.rpc import PreviewPrompt, PromptImage
from assay.contracts.tasks import Limits
from assay.contracts.verdicts import Outcome
from services.runner.prompt_preview import on_prompts_preview
from tests.fakes.providers.endpoint import FakeEndpoint, Reply
from tests.runner.harness import SUBMIT, RunnerHarness, queue_calls
from tests.runner.models.families.sent_images import openai_chat

PNG, JPEG = b"\x89PNG\r\n\x1a\n\xff", b"\xff\xd8\xff\xe0"
IMAGES = {"images/sky.png": PNG, "images/photo.jpg": JPEG}
SENT = [("image/png", "iVBORw0KGgr/"), ("image/jpeg", "/9j/4A==")]
NAMED = (
    PromptImage(name="images/sky.png", media_type="image/png", size_bytes=9),
    PromptImage(name="images/photo.jpg", media_type="image/jpeg", size_bytes=4),
)
LIMITS = Limits(wall_seconds=30, max_tokens=100, turns=9)


def add_images(runner: RunnerHarness, task_id: str) -> None:
    """Gives the task one image, and its first or only sample the other."""
    folder = runner.catalog.root / "tasks" / task_id
    (folder / "images").mkdir()
    for path, content in IMAGES.items():
        (folder / path).write_bytes(content)
    manifest = folder / "task.yaml"
    text = manifest.read_text().replace("solver:", "images: [images/sky.png]\nsolver:")
    sample = "images: [images/photo.jpg]"
    with_sample = text.replace("sample_id: sky,", f"sample_id: sky, {sample},")
    manifest.write_text(with_sample if with_sample != text else f"{text}samples: [{{sample_id: main, {sample}}}]\n")


def user_messages(body: dict[str, Any]) -> list[Any]:
    return [message["content"] for message in body["messages"] if message["role"] == "user"]


@pytest.mark.parametrize("task_id", ["colours", "sum_files", "fix_sum"])
async def test_images_are_sent_with_the_first_prompt_and_named_in_its_artifact(
    runner: RunnerHarness, endpoint: FakeEndpoint, task_id: str
) -> None:
    add_images(runner, task_id)
    queue_calls(endpoint, (("git_diff", "{}"),), (SUBMIT,))
    report = await runner.run_attempt(task_id, "stub/m-1", limits=LIMITS)
    assert len(endpoint.bodies) == (2 if task_id == "fix_sum" else 1)
    for body in endpoint.bodies:
        assert list(openai_chat(body)) == SENT
    stored = json.loads(await runner.read(report.artifacts["prompt.json"]))
    assert stored[-1]["images"] == json.loads(encode(NAMED))
    assert stored[-1]["content"] == user_messages(endpoint.bodies[0])[0][-1]["text"]
    artifacts = [await runner.read(ref) for ref in report.artifacts.values()]
    assert not any(b"iVBORw0KGgr/" in data for data in artifacts)


async def test_a_sample_without_images_has_those_of_its_task(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    add_images(runner, "colours")
    await runner.run_attempt("colours", "stub/m-1", sample_id="grass")
    assert list(openai_chat(endpoint.bodies[0])) == SENT[:1]


async def test_an_image_in_the_workspace_is_attached_and_not_shown_as_text(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    folder = runner.catalog.root / "tasks/sum_files"
    (folder / "workspace/dot.gif").write_bytes(b"GIF89a and plain text")
    manifest = folder / "task.yaml"
    manifest.write_text(manifest.read_text().replace("solver:", "images: [workspace/dot.gif]\nsolver:"))
    await runner.run_attempt("sum_files", "stub/m-1")
    text = user_messages(endpoint.bodies[0])[0][-1]["text"]
    assert "dot.gif\n(image/gif, 21 bytes, attached to this message)" in text
    assert "and plain text" not in text


async def test_a_preview_names_the_images(runner: RunnerHarness) -> None:
    add_images(runner, "colours")
    public = await runner.stores["public"].put(pack(make_bundles(runner.catalog.find_task("colours")).public))
    shown = await on_prompts_preview(PreviewPrompt(public=public, sample_id="sky"), runner.ports.bundles)
    assert shown.messages[-1].images == NAMED


async def test_the_local_model_refuses_images(runner: RunnerHarness) -> None:
    add_images(runner, "colours")
    report = await runner.run_attempt("colours", "local/smollm2-135m")
    assert report.outcome is Outcome.INFRA_ERROR
    assert report.fault is not None
    assert (report.fault.kind, report.fault.new_try) == (CallFault.CONFIGURATION, False)
    assert "the prompt has images, which the local model 'smollm2-135m' does not accept" in report.reason


async def test_the_error_of_a_text_only_model_is_a_fault_of_the_configuration(
    runner: RunnerHarness, endpoint: FakeEndpoint
) -> None:
    add_images(runner, "colours")
    endpoint.default = Reply(status=400, text="image_url is only supported by certain models")
    report = await runner.run_attempt("colours", "stub/m-1")
    assert report.fault is not None
    assert report.fault.kind is CallFault.CONFIGURATION
    assert "only supported by certain models" in report.reason


@pytest.mark.parametrize("model", ["scripted/colours", "stub/m-1"])
async def test_usage_that_is_not_reported_is_estimated_with_images(
    runner: RunnerHarness, endpoint: FakeEndpoint, model: str
) -> None:
    endpoint.default = Reply(usage=None)
    (without,) = (await runner.run_attempt("colours", model)).calls
    add_images(runner, "colours")
    (call,) = (await runner.run_attempt("colours", model)).calls
    assert call.usage.input_tokens == without.usage.input_tokens + 2 * TYPICAL_IMAGE_TOKENS
    assert call.cost_nanousd > without.cost_nanousd


async def test_a_bundle_without_a_named_image_is_unusable(runner: RunnerHarness, endpoint: FakeEndpoint) -> None:
    add_images(runner, "colours")
    public = dict(make_bundles(runner.catalog.find_task("colours")).public)
    del public["images/sky.png"]
    report = await runner.run_attempt("colours", "stub/m-1", public=await runner.stores["public"].put(pack(public)))
    assert report.outcome is Outcome.INFRA_ERROR
    assert "has no image 'images/sky.png'" in report.reason
    assert not endpoint.bodies
