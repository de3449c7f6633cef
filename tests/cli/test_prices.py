"""``assay prices`` on a catalogue on disk, without a server."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.harness import CommandResult, run_assay

CATALOG = Path(__file__).parents[2] / "catalog"


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    folder = tmp_path / "catalog"
    (folder / "tasks").mkdir(parents=True)
    for name in ("models.yaml", "prices.yaml"):
        shutil.copy(CATALOG / name, folder / name)
    return folder


def prices(catalog: Path, *arguments: str) -> CommandResult:
    return run_assay(catalog, "prices", *arguments, ASSAY_CATALOG=str(catalog))


def shown(catalog: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    return {each["model"]: each for each in prices(catalog, "show", *arguments, "--json").data}


def test_a_new_price_is_shown_with_its_version_and_keeps_old_ones(catalog: Path) -> None:
    before = (catalog / "prices.yaml").read_text()
    assert shown(catalog, "custom/mine")["custom/mine"]["price"] is None
    options = ("--input", "0.15", "--output", "0.6", "--cached", "0.075", "--reasoning", "1")
    result = prices(catalog, "set", "custom/mine", *options, "--from", "2025-01-01")
    assert result.code == 0, result.err
    assert "prices.yaml/2025-01-01" in result.out
    assert prices(catalog, "set", "custom/mine", "--input", "$2", "--output", "4", "--from", "2026-01-01").code == 0
    old, new = (
        shown(catalog, "custom/mine", "--day", day)["custom/mine"]["price"] for day in ("2025-12-31", "2026-01-01")
    )
    assert (old["version"], old["input_nanousd_per_mtok"]) == ("prices.yaml/2025-01-01", 150_000_000)
    assert (old["cached_nanousd_per_mtok"], old["reasoning_nanousd_per_mtok"]) == (75_000_000, 1_000_000_000)
    assert (new["version"], new["cached_nanousd_per_mtok"]) == ("prices.yaml/2026-01-01", None)
    comments = [line for line in before.splitlines() if line.startswith("#")]
    assert (catalog / "prices.yaml").read_text().splitlines()[: len(comments)] == comments


def test_without_a_day_a_price_applies_from_today(catalog: Path) -> None:
    before = datetime.now(UTC).date()
    version = prices(catalog, "set", "custom/*", "--input", "1", "--output", "2", "--json").data["price"]["version"]
    assert version in {f"prices.yaml/{day}" for day in (before, datetime.now(UTC).date())}
    assert shown(catalog, "custom/whatever")["custom/whatever"]["price"]["version"] == version


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("custom/mine", "--input", "1", "--output", "2", "--from", "2025-01-01"), "choose another day with --from"),
        (("custom/mine", "--input", "x", "--output", "2"), "--input: 'x' is not an amount"),
        (("custom/mine", "--input", "1", "--output", "2", "--from", "soon"), "--from: 'soon' is not a day"),
        (("cstom/mine", "--input", "1", "--output", "2"), "did you mean 'custom'"),
        (("mine", "--input", "1", "--output", "2"), "provider/model"),
        (("custom/mine", "--input", "9999999", "--output", "2"), "is not between"),
        (("custom/mine", "--input", "1"), "--output"),
    ],
)
def test_an_invalid_price_is_refused_and_the_file_stays(
    catalog: Path, arguments: tuple[str, ...], expected: str
) -> None:
    prices(catalog, "set", "custom/mine", "--input", "1", "--output", "2", "--from", "2025-01-01")
    before = (catalog / "prices.yaml").read_bytes()
    result = prices(catalog, "set", *arguments)
    assert result.code == 2, result.err
    assert expected in result.err
    assert (catalog / "prices.yaml").read_bytes() == before


def test_the_table_has_rates_tiers_version_and_source(catalog: Path) -> None:
    text = (catalog / "models.yaml").read_text()
    (catalog / "models.yaml").write_text(text.replace("  openrouter:\n", "  openrouter:\n    prices: google\n"))
    out = prices(catalog, "show", "openrouter/gemini-2.5-pro", "oracle", "local/smollm2-135m", "openai/nosuch").out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[1].startswith("openrouter/gemini-2.5-pro $1.25 $0.125 $10 genai-prices/")
    assert lines[1].endswith(" price database")
    assert lines[2] == "$2.5 $0.25 $15 200000"
    assert "oracle calls no model" in lines
    assert "local/smollm2-135m $0 $0 local local, free of charge" in lines
    assert any(line.startswith("openai/nosuch openai/nosuch: its price is unknown; add a price") for line in lines)


def test_an_unknown_model_is_a_usage_error_with_a_suggestion(catalog: Path) -> None:
    result = prices(catalog, "show", "local/smolm2-135m")
    assert (result.code, result.out) == (2, "")
    assert "did you mean 'local/smollm2-135m'" in result.err


def test_a_valid_catalogue_passes_the_check(catalog: Path) -> None:
    found = prices(catalog, "check", "--json")
    assert found.code == 0
    assert all(each["ok"] for each in found.data)
    assert {"prices.yaml", "oracle", "openai/gpt-4o-mini"} <= {each["name"] for each in found.data}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("models.yaml", "{name: gpt-4o-mini,", "{name: unheard-of,", "openai/unheard-of: openai/unheard-of: its price"),
        ("prices.yaml", "versions: []", "versions: [{from: 2025-01-01}]", "models: is missing"),
        ("prices.yaml", "versions: []", "versions: none", "prices.yaml:"),
        (
            "prices.yaml",
            "versions: []",
            "versions: [{from: 2025-01-01, models: {local/smol: {input_usd_per_mtok: 1, output_usd_per_mtok: 1}}}]",
            "local/smol: unknown model",
        ),
    ],
)
def test_a_mistake_is_reported_with_exit_code_1(catalog: Path, file: str, old: str, new: str, expected: str) -> None:
    text = (catalog / file).read_text()
    assert old in text
    (catalog / file).write_text(text.replace(old, new))
    result = prices(catalog, "check")
    assert result.code == 1
    assert any(line.startswith("fail") and expected in line for line in result.out.splitlines()), result.out


def test_known_models_are_shown_beside_unknown_ones(catalog: Path) -> None:
    result = prices(catalog, "show", "openai/gpt-4o-mini", "nowhere/model")
    assert result.code == 2 and "openai/gpt-4o-mini" in result.out
    assert "nowhere" in result.err and "Traceback" not in result.err
    listed = prices(catalog, "show", "nowhere/model", "openai/gpt-4o-mini", "--json")
    assert listed.code == 2 and [each["model"] for each in listed.data] == ["openai/gpt-4o-mini"]
