"""Mistakes in the catalogue's other files: suites, models, prices, stored responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Folder

TASK = "catalog/tasks/clamp/task.yaml"
COLOURS = "catalog/tasks/colours/task.yaml"


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        (
            "suites/small.yaml",
            "[colours]",
            "[colour]",
            "suites/small.yaml:3: tasks[0]: unknown task 'colour'; did you mean 'colours'?",
        ),
        (
            "suites/small.yaml",
            "[coding]",
            "[codng]",
            "suites/small.yaml:4: categories[0]: unknown category 'codng'; did you mean",
        ),
        (
            "suites/small.yaml",
            "{colours: 3}",
            "{clmp: 3}",
            "suites/small.yaml:5: weights.clmp: unknown task of this suite 'clmp'; did",
        ),
        (
            "suites/small.yaml",
            "weights: {colours: 3}",
            "category_weights: {codng: 3}",
            "suites/small.yaml:5: category_weights.codng: unknown category 'codng'; did you mean 'coding'?",
        ),
        ("suites/small.yaml", "repeats: 2", "repeats: 0", "suites/small.yaml:6: repeats: must be at least 1, got 0"),
        (
            "suites/small.yaml",
            "id: small",
            "id: smal",
            "suites/small.yaml:1: id: 'smal' is not the file's name; did you mean 'small'?",
        ),
        (
            "models.yaml",
            "kind: embedded",
            "kind: embeded",
            "models.yaml:3: providers.local.kind: unknown kind 'embeded'; did you",
        ),
        (
            "models.yaml",
            "    base_url: https://strict.example/v1\n",
            "",
            "models.yaml:14: providers.strict.base_url: is missing",
        ),
        ("models.yaml", "  strict:", "  oracle:", "models.yaml:14: providers.oracle: provider 'oracle' is built in"),
        (
            "models.yaml",
            "beta/small",
            "alpha-large",
            "models.yaml:18: providers.strict.models[1].name: 'alpha-large' is listed twice",
        ),
        (
            "models.yaml",
            "    models: [{name: alpha-large}",
            "    options: {cloud: bedrock}\n    models: [{name: alpha-large}",
            "models.yaml:18: providers.strict.options.cloud: 'bedrock' needs kind 'anthropic'",
        ),
        (
            "models.yaml",
            "    models: [{name: alpha-large}",
            "    options: {region: us-east-1}\n    models: [{name: alpha-large}",
            "models.yaml:18: providers.strict.options.region: applies only to clouds; set options.cloud, or remove it",
        ),
        (
            "models.yaml",
            "    kind: openai\n    title: OpenAI\n    base_url: https://models.example/v1\n",
            "    kind: google\n    title: Gemini\n    options: {cloud: vertex}\n",
            "models.yaml:11: providers.openai.api_key_env: 'vertex' has credentials in its own environment; remove it",
        ),
        (
            "prices.yaml",
            '"strict/*"',
            '"strct/*"',
            "prices.yaml:5: versions[0].models.strct/*: unknown provider 'strct'; did you mean",
        ),
        (
            "prices.yaml",
            "output_usd_per_mtok: 7",
            "output_usd_per_mtok: -7",
            "prices.yaml:8: versions[1].models.strict/alpha-large.out",
        ),
        (
            "prices.yaml",
            "2025-01-01",
            "2024-01-01",
            "prices.yaml:6: versions[1].from: is also the day of an earlier version",
        ),
        ("prices.yaml", "2025-01-01", "soon", "prices.yaml:6: versions[1].from: "),
        (
            "scripted/canned.yaml",
            "  clamp:",
            "  clam:",
            "scripted/canned.yaml:4: responses.clam: unknown task 'clam'; did you mean 'clamp'?",
        ),
        (
            "scripted/canned.yaml",
            "{grass:",
            "{gras:",
            "scripted/canned.yaml:5: responses.colours.gras: unknown sample 'gras'; did you mean",
        ),
    ],
)
def test_mistakes_in_other_files(folder: Folder, path: str, old: str, new: str, expected: str) -> None:
    folder.edit(path, old, new)
    found = folder.mistakes()
    assert any(mistake.startswith(f"catalog/{expected}") for mistake in found), found
