"""Images of tasks and samples: what is validated, what is sent, and what it counts for."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assay.catalog import Task, load_task, make_bundles
from assay.catalog.tasks.images import MAX_IMAGE_BYTES
from assay.catalog.tasks.prompt_size import image_count, prompt_bytes
from assay.contracts.codec import decode
from assay.contracts.tasks import PublicTask
from assay.files.images import detected_media_type
from tests.catalog.bar_charts import CHARTS, COLOURS, pixels

if TYPE_CHECKING:
    from .conftest import Folder

CHART = "catalog/tasks/chart/task.yaml"
TASK = """\
id: chart
title: Read a chart
category: charts
difficulty: easy
solver: answer
instructions: Which bar is highest?
images: [images/all.png]
checks: [{kind: choice, options: [A, B]}]
samples:
  - {sample_id: one, images: [images/one.jpg], expected: A}
  - {sample_id: two, images: [images/two.gif, images/three.webp], expected: B}
"""
PNG, JPEG, GIF, WEBP = b"\x89PNG\r\n\x1a\n1", b"\xff\xd8\xff\xe0", b"GIF89a1", b"RIFF\x04\0\0\0WEBPVP8 "
IMAGES = {"all.png": PNG, "one.jpg": JPEG, "two.gif": GIF, "three.webp": WEBP}
JPEG_NAMED_PNG = "'images/all.png' contains image/jpeg, not image/png; rename it to end with .jpg"


@pytest.fixture
def chart(folder: Folder) -> Folder:
    """A catalogue with a task that has an image, and samples that have others."""
    folder.write("tasks/chart/task.yaml", TASK)
    for name, content in IMAGES.items():
        write_image(folder, name, content)
    return folder


def write_image(folder: Folder, name: str, content: bytes) -> None:
    path = folder.root / "tasks/chart/images" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def loaded(folder: Folder, task_id: str = "chart") -> Task:
    return folder.open().find_task(task_id)


def test_images_are_in_the_public_bundle_and_named_in_its_task(chart: Folder) -> None:
    bundles = make_bundles(loaded(chart))
    assert {path: content for path, content in bundles.public.items() if path != "task.json"} == {
        f"images/{name}": content for name, content in IMAGES.items()
    }
    assert not any("images" in path for path in (*bundles.hidden, *bundles.reference))
    task = decode(PublicTask, bundles.public["task.json"])
    assert task.images == ("images/all.png",)
    assert [sample.images for sample in task.samples] == [
        ("images/one.jpg",),
        ("images/two.gif", "images/three.webp"),
    ]


def test_the_charts_of_the_catalogue_are_as_drawn_and_their_highest_bars_as_expected() -> None:
    task = load_task(Path(__file__).parents[2] / "catalog/tasks/highest_bar")
    expected = {sample.sample_id: sample.expected for sample in task.manifest.samples}
    assert expected == {name: list(COLOURS)[heights.index(max(heights))] for name, heights in CHARTS.items()}
    for name, heights in CHARTS.items():
        data = task.files[f"images/{name}.png"].partition(b"IDAT")[2]
        assert zlib.decompressobj().decompress(data) == pixels(heights)


def test_the_content_of_an_image_is_part_of_the_digest(chart: Folder) -> None:
    before = loaded(chart).digest
    write_image(chart, "all.png", PNG + b"2")
    assert loaded(chart).digest != before


def test_a_prompt_counts_the_images_of_the_task_and_of_the_sample(chart: Folder) -> None:
    task = loaded(chart)
    assert [image_count(task, names) for names in (["one"], ["two"], task.sample_ids)] == [2, 3, 3]
    assert prompt_bytes(task, task.sample_ids) < 100, "images are counted apart from text"


@pytest.mark.parametrize("content", IMAGES.values(), ids=IMAGES)
def test_each_format_is_detected(content: bytes) -> None:
    assert detected_media_type(content) is not None
    assert detected_media_type(content[1:]) is None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("images/all.png", "all.png", "7: images[0]: 'all.png' is not in the folder images or workspace; did you mean"),
        ("images/all.png", "tests/all.png", "7: images[0]: 'tests/all.png' is not in the folder images or workspace"),
        ("images/all.png", "images/al.png", "7: images[0]: the task has no file 'images/al.png'; did you mean 'images"),
        ("images/all.png", "images/a.bmp", "7: images[0]: 'images/a.bmp' is not an image that models accept; its name"),
        ("images/one.jpg", "images/no.jpg", "10: samples[0].images[0]: the task has no file 'images/no.jpg'"),
        ("images/one.jpg", "images/all.png", "10: samples[0].images[0]: 'images/all.png' is listed twice"),
        ("[images/all.png]", "images/all.png", "7: images: must be a list, got"),
        (
            "[images/all.png]",
            f"[{', '.join(['images/all.png'] * 21)}]",
            "7: images: must have at most 20 items, got 21",
        ),
        ("images/three.webp", ", ".join(["images/three.webp"] * 19), "11: samples[1].images: 21 images with those of"),
        ("solver: answer", "solver: command", "7: images: is only allowed for solvers 'answer', 'files' and 'agent';"),
    ],
)
def test_mistakes_in_the_names_of_images(chart: Folder, old: str, new: str, expected: str) -> None:
    chart.edit("tasks/chart/task.yaml", old, new)
    found = chart.mistakes()
    assert any(mistake.startswith(f"{CHART}:{expected}") for mistake in found), found


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("all.png", JPEG, f"{CHART}:7: images[0]: {JPEG_NAMED_PNG}"),
        ("all.png", b"<svg/>", f"{CHART}:7: images[0]: 'images/all.png' is not a valid image: it does not begin like"),
        ("all.png", b"", f"{CHART}:7: images[0]: 'images/all.png' is not a valid image: it does not begin like"),
        ("one.jpg", PNG, f"{CHART}:10: samples[0].images[0]: 'images/one.jpg' contains image/png, not image/jpeg"),
        (
            "all.png",
            PNG.ljust(MAX_IMAGE_BYTES + 1),
            f"{CHART}:7: images[0]: 'images/all.png' has 3750001 bytes, more than 3750000 (5 MB when sent in base64); "
            "scale it down or compress it",
        ),
        (
            "new.png",
            PNG,
            "catalog/tasks/chart: images/new.png is not named by the task or a sample; add it to images, or remove it",
        ),
        ("all.png", PNG.ljust(5_000_001), "catalog/tasks/chart: images/all.png: has 5000001 bytes, more than 5000000"),
    ],
    ids=["jpeg", "svg", "empty", "png", "large", "unused", "larger than any file"],
)
def test_mistakes_in_the_files_of_images(chart: Folder, name: str, content: bytes, expected: str) -> None:
    write_image(chart, name, content)
    (mistake,) = chart.mistakes()
    assert mistake.startswith(expected)


def test_a_sample_in_a_file_of_its_own_has_images(chart: Folder) -> None:
    chart.edit("tasks/chart/task.yaml", TASK[TASK.index("samples:") :], "")
    lines = (
        '{"sample_id": "one", "images": ["images/one.jpg"], "expected": "A"}\n{"sample_id": "two", "expected": "B"}\n'
    )
    chart.write("tasks/chart/samples.jsonl", lines)
    for name in ("two.gif", "three.webp"):
        (chart.root / "tasks/chart/images" / name).unlink()
    assert image_count(loaded(chart), ["one"]) == 2
    chart.edit("tasks/chart/samples.jsonl", "one.jpg", "on.jpg")
    where = "catalog/tasks/chart/samples.jsonl:1: images[0]"
    assert f"{where}: the task has no file 'images/on.jpg'; did you mean 'images/one.jpg'?" in chart.mistakes()


def test_an_image_in_the_workspace_is_not_counted_as_text(folder: Folder) -> None:
    path = folder.root / "tasks/clamp/workspace/sketch.png"
    path.write_bytes(PNG.ljust(1_000_000))
    (mistake,) = folder.mistakes()
    assert mistake.startswith("catalog/tasks/clamp: instructions and workspace have 1000")
    folder.edit("tasks/clamp/task.yaml", "language: python", "images: [workspace/sketch.png]")
    task = loaded(folder, "clamp")
    assert (image_count(task, task.sample_ids), prompt_bytes(task, task.sample_ids) < 2_000) == (1, True)
