"""Adding a price to ``prices.yaml`` keeps existing prices, comments and layout."""

from __future__ import annotations

import stat
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.catalog import InvalidCatalog
from assay.catalog.errors import CannotEdit
from assay.catalog.prices.add_price import add_price
from assay.catalog.prices.rates import TokenPrice, TokenTier
from assay.catalog.prices.table import load_versions

PROVIDERS = ("openai", "custom")
DAY = date(2026, 3, 1)
PRICE = TokenPrice(input_usd_per_mtok=Decimal("0.15"), output_usd_per_mtok=Decimal("0.6"))

LAYOUTS = {
    "no file": None,
    "empty list": "# mine\nversions: []\n",
    "empty list, comment": "versions: []  # none yet\n",
    "block": """\
# mine
versions:
  # the first
  - from: 2025-01-01
    models:
      openai/a: {input_usd_per_mtok: 1, output_usd_per_mtok: 2}   # expensive
      "custom/*": {input_usd_per_mtok: "0.5", output_usd_per_mtok: 1}
  # below the last

# the end
""",
    "no indent, no last line break": """\
versions:
- models:
    openai/a:
      input_usd_per_mtok: 1
      output_usd_per_mtok: 2
  from: 2025-01-01""",
    "flow": "versions: [{from: 2025-01-01, models: {openai/a: {input_usd_per_mtok: 1, output_usd_per_mtok: 2}}}]\n",
    "windows": "versions:\r\n  - from: 2025-01-01\r\n    models:\r\n"
    "      openai/a: {input_usd_per_mtok: 1, output_usd_per_mtok: 2}\r\n",
    "the same day": """\
versions:
  - from: 2026-03-01
    models:
      openai/a: {input_usd_per_mtok: 1, output_usd_per_mtok: 2} # today
  - from: 2025-01-01
    models: {openai/b: {input_usd_per_mtok: 1, output_usd_per_mtok: 2}}
""",
    "the same day in flow": """\
versions:
  - from: 2026-03-01
    models: {
      openai/a: {input_usd_per_mtok: 1, output_usd_per_mtok: 2},  # today
    }
""",
}


def write(folder: Path, text: str | None) -> Path:
    path = folder / "prices.yaml"
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_bytes(text.encode())
    return path


def prices(path: Path) -> dict[tuple[date, str], TokenPrice]:
    found = load_versions(path, "prices.yaml", PROVIDERS) if path.exists() else ()
    return {(version.since, name): price for version in found for name, price in version.models.items()}


def lines(path: Path) -> list[str]:
    return path.read_bytes().decode().splitlines() if path.exists() else []


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("model", ["openai/gpt-9:latest@1", "custom/*"])
def test_in_any_layout_one_price_is_added_and_the_rest_is_unchanged(
    tmp_path: Path, layout: str | None, model: str
) -> None:
    path = write(tmp_path, layout)
    before, text = prices(path), layout or ""
    add_price(path, "prices.yaml", PROVIDERS, model, PRICE, DAY)
    assert prices(path) == {**before, (DAY, model): PRICE}
    assert all(comment in path.read_text() for comment in text.splitlines() if comment.strip().startswith("#"))
    kept = iter(lines(path))
    whole = [line for line in text.splitlines() if "[" not in line and "openai/a:" not in line and line.strip() != "}"]
    assert all(line in kept for line in whole)
    assert [file.name for file in tmp_path.iterdir()] == ["prices.yaml"]


def test_prices_are_added_one_after_the_other(tmp_path: Path) -> None:
    path = write(tmp_path, None)
    tier = TokenTier(above_input_tokens=200_000, input_usd_per_mtok=Decimal(2), output_usd_per_mtok=Decimal(4))
    full = TokenPrice(
        input_usd_per_mtok=Decimal("999999.123456789"),
        cached_usd_per_mtok=Decimal(0),
        output_usd_per_mtok=Decimal("0.000000001"),
        reasoning_usd_per_mtok=Decimal("1.10"),
        tiers=(tier,),
    )
    wanted = {
        (DAY, "openai/a"): full,
        (DAY, "openai/b"): PRICE,
        (date(2026, 3, 2), "openai/a"): PRICE,
        (date(2024, 1, 1), "custom/*"): full,
    }
    for (since, model), price in wanted.items():
        add_price(path, "prices.yaml", PROVIDERS, model, price, since)
    assert prices(path) == wanted


AMOUNTS = st.decimals(min_value=0, max_value=1_000_000, places=9)


@given(first=AMOUNTS, second=AMOUNTS)
def test_amounts_are_exact_to_the_nano_dollar(
    tmp_path_factory: pytest.TempPathFactory, first: Decimal, second: Decimal
) -> None:
    path = tmp_path_factory.mktemp("amounts") / "prices.yaml"
    price = TokenPrice(input_usd_per_mtok=first, output_usd_per_mtok=second)
    add_price(path, "prices.yaml", PROVIDERS, "openai/a", price, DAY)
    assert prices(path) == {(DAY, "openai/a"): price}


def test_a_version_is_never_changed(tmp_path: Path) -> None:
    path = write(tmp_path, LAYOUTS["the same day"])
    with pytest.raises(CannotEdit, match=r"already has a price for openai/a from 2026-03-01 on.*choose another day"):
        add_price(path, "prices.yaml", PROVIDERS, "openai/a", PRICE, DAY)
    assert path.read_bytes().decode() == LAYOUTS["the same day"]


@pytest.mark.parametrize(
    ("text", "model", "price", "expected"),
    [
        ("versions: [{from: 2025-01-01}]\n", "openai/a", PRICE, "models: is missing"),
        ("versions: []\n", "opnai/a", PRICE, "unknown provider 'opnai'"),
        ("versions: []\n", "openai", PRICE, "is not 'provider/model'"),
        (
            "versions: []\n",
            "openai/a",
            TokenPrice(input_usd_per_mtok=Decimal(10**7), output_usd_per_mtok=Decimal(1)),
            "10000000 is not between",
        ),
    ],
)
def test_a_mistake_leaves_the_file_unchanged(
    tmp_path: Path, text: str, model: str, price: TokenPrice, expected: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InvalidCatalog, match=expected):
        add_price(path, "prices.yaml", PROVIDERS, model, price, DAY)
    assert path.read_text() == text
    assert [file.name for file in tmp_path.iterdir()] == ["prices.yaml"]


def test_a_layout_that_cannot_be_extended_is_refused_with_the_lines_to_add(tmp_path: Path) -> None:
    text = "{}\n"
    path = write(tmp_path, text)
    with pytest.raises(CannotEdit, match=r"add this below versions:\n  - from: 2026-03-01"):
        add_price(path, "prices.yaml", PROVIDERS, "openai/a", PRICE, DAY)
    assert path.read_text() == text


def test_a_link_and_the_file_s_permissions_stay(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = write(tmp_path / "real", LAYOUTS["block"])
    real.chmod(0o640)
    (tmp_path / "prices.yaml").symlink_to(real)
    add_price(tmp_path / "prices.yaml", "prices.yaml", PROVIDERS, "openai/z", PRICE, DAY)
    assert (tmp_path / "prices.yaml").is_symlink()
    assert (DAY, "openai/z") in prices(real)
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
