"""Price lookup: the catalogue's dated prices first, then the database; an unknown price is never zero."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from assay.catalog import UnpricedModel
from assay.contracts.money import Price

if TYPE_CHECKING:
    from .conftest import Folder


def test_the_version_valid_on_the_day_is_used_and_named(folder: Folder) -> None:
    catalog = folder.open()
    old, new = (
        catalog.price("strict/alpha-large", date(2024, 12, 31)),
        catalog.price("strict/alpha-large", date(2025, 1, 1)),
    )
    assert old == Price(
        version="prices.yaml/2024-01-01", input_nanousd_per_mtok=1_000_000_000, output_nanousd_per_mtok=2_000_000_000
    )
    assert new == Price(
        version="prices.yaml/2025-01-01",
        input_nanousd_per_mtok=3_500_000_000,
        cached_nanousd_per_mtok=350_000_000,
        output_nanousd_per_mtok=7_000_000_000,
    )


def test_reasoning_and_tiers_are_read(folder: Folder) -> None:
    folder.write(
        "prices.yaml",
        """\
        versions:
          - from: 2024-01-01
            models:
              strict/alpha-large:
                input_usd_per_mtok: 1
                output_usd_per_mtok: 2
                reasoning_usd_per_mtok: 3
                tiers:
                  - {above_input_tokens: 1000, input_usd_per_mtok: 4, output_usd_per_mtok: 5, cached_usd_per_mtok: 0.5}
                  - {above_input_tokens: 2000, input_usd_per_mtok: 6, output_usd_per_mtok: 7}
        """,
    )
    price = folder.open().price("strict/alpha-large")
    assert price is not None
    assert price.reasoning_nanousd_per_mtok == 3_000_000_000
    assert [tier.above_input_tokens for tier in price.tiers] == [1000, 2000]
    assert (price.tiers[0].cached_nanousd_per_mtok, price.tiers[1].cached_nanousd_per_mtok) == (500_000_000, None)
    assert price.cost(input_tokens=1500, output_tokens=0, cached_tokens=500) == 4_250_000


@pytest.mark.parametrize(
    ("tiers", "mistake"),
    [
        (
            "[{above_input_tokens: 9, input_usd_per_mtok: 4, output_usd_per_mtok: 5}, "
            "{above_input_tokens: 9, input_usd_per_mtok: 4, output_usd_per_mtok: 5}]",
            "tiers[1].above_input_tokens: 9 is not above 9",
        ),
        ("[{above_input_tokens: 0, input_usd_per_mtok: 4, output_usd_per_mtok: 5}]", "tiers[0].above_input_tokens"),
        ("[{above_input_tokens: 9, input_usd_per_mtok: -4, output_usd_per_mtok: 5}]", "tiers[0].input_usd_per_mtok"),
        ("[{above_input_tokens: 9, output_usd_per_mtok: 5}]", "tiers[0].input_usd_per_mtok: is missing"),
        ("[{above_inputs: 9, input_usd_per_mtok: 4, output_usd_per_mtok: 5}]", "did you mean 'above_input_tokens'"),
    ],
)
def test_mistakes_in_tiers_name_their_place(folder: Folder, tiers: str, mistake: str) -> None:
    folder.edit("prices.yaml", "output_usd_per_mtok: 2}", f"output_usd_per_mtok: 2, tiers: {tiers}}}")
    assert any(mistake in found for found in folder.mistakes()), folder.mistakes()


def test_the_prices_file_can_be_left_out(folder: Folder) -> None:
    folder.edit(
        "prices.yaml", "strict/alpha-large: {input_usd_per_mtok: 1,", "openai/gpt-4o-mini: {input_usd_per_mtok: 1,"
    )
    own, database = (folder.open().price("openai/gpt-4o-mini", use_prices_file=own) for own in (True, False))
    assert own is not None
    assert database is not None
    assert (own.version, database.version.partition("/")[0]) == ("prices.yaml/2024-01-01", "genai-prices")


def test_a_model_s_own_price_takes_precedence_over_the_provider_s(folder: Folder) -> None:
    price = folder.open().price("strict/beta/small", date(2025, 6, 1))
    assert price is not None
    assert (price.version, price.input_nanousd_per_mtok) == ("prices.yaml/2024-01-01", 100_000_000)


def test_before_the_first_version_there_is_no_price(folder: Folder) -> None:
    with pytest.raises(UnpricedModel):
        folder.open().price("strict/alpha-large", date(2023, 12, 31))


def test_the_database_knows_public_models(folder: Folder) -> None:
    price = folder.open().price("openai/gpt-4o-mini", date(2025, 6, 1))
    assert price is not None
    assert price.version.startswith("genai-prices/")
    assert (price.input_nanousd_per_mtok, price.output_nanousd_per_mtok) == (150_000_000, 600_000_000)
    assert price.cached_nanousd_per_mtok == 75_000_000


def test_the_catalogue_s_price_takes_precedence_over_the_database_s(folder: Folder) -> None:
    folder.edit(
        "prices.yaml", "strict/alpha-large: {input_usd_per_mtok: 1,", "openai/gpt-4o-mini: {input_usd_per_mtok: 1,"
    )
    price = folder.open().price("openai/gpt-4o-mini")
    assert price is not None
    assert (price.version, price.input_nanousd_per_mtok) == ("prices.yaml/2024-01-01", 1_000_000_000)


def test_an_unknown_price_is_an_error_with_the_model_and_the_remedy(folder: Folder) -> None:
    with pytest.raises(
        UnpricedModel, match=r"openai/none-such: its price is unknown; add a price to the catalogue's prices\.yaml"
    ) as caught:
        folder.open().price("openai/none-such")
    assert caught.value.model == "openai/none-such"
    assert caught.value.problem.code == "unpriced_model"


def test_a_misspelt_model_of_an_open_provider_gets_a_suggestion(folder: Folder) -> None:
    with pytest.raises(UnpricedModel, match="did you mean 'openai/gpt-4o-mini'"):
        folder.open().price("openai/gtp-4o-mini")


def test_a_model_charged_per_request_is_not_priced_by_its_tokens_alone(folder: Folder) -> None:
    folder.edit("models.yaml", "    api_key_env: EXAMPLE_KEY\n", "    prices: perplexity\n")
    with pytest.raises(UnpricedModel, match="charged per request"):
        folder.open().price("openai/sonar")


def test_models_on_this_machine_are_explicitly_free(folder: Folder) -> None:
    assert folder.open().price("local/tiny") == Price(version="local", local=True)
    folder.edit("models.yaml", "    api_key_env: EXAMPLE_KEY\n", "    local: true\n")
    assert folder.open().price("openai/none-such") == Price(version="local", local=True)


def test_baselines_call_no_model(folder: Folder) -> None:
    assert folder.open().price("oracle") is None
    assert folder.open().price("nop") is None


def test_a_script_is_free_unless_it_has_a_price(folder: Folder) -> None:
    assert folder.open().price("scripted/canned") == Price(version="scripted/canned", local=True)
    folder.edit(
        "scripted/canned.yaml", "default: no idea", "price: {input_usd_per_mtok: 0.5, output_usd_per_mtok: 1.25}"
    )
    assert folder.open().price("scripted/canned") == Price(
        version="scripted/canned", input_nanousd_per_mtok=500_000_000, output_nanousd_per_mtok=1_250_000_000
    )


def test_a_price_of_a_script_in_the_prices_file_takes_precedence(folder: Folder) -> None:
    folder.edit(
        "scripted/canned.yaml", "default: no idea", "price: {input_usd_per_mtok: 0.5, output_usd_per_mtok: 1.25}"
    )
    folder.write(
        "prices.yaml",
        """
        versions:
          - from: 2025-01-01
            models: {"scripted/*": {input_usd_per_mtok: 2, output_usd_per_mtok: 4}}
    """,
    )
    catalog = folder.open()
    price = catalog.price("scripted/canned")
    assert price is not None
    assert (price.version, price.input_nanousd_per_mtok) == ("prices.yaml/2025-01-01", 2_000_000_000)
    without = catalog.price("scripted/canned", use_prices_file=False)
    assert without is not None and without.version == "scripted/canned"
    before = catalog.price("scripted/canned", date(2024, 1, 1))
    assert before is not None and before.version == "scripted/canned"


def test_without_a_prices_file_the_database_is_used(folder: Folder) -> None:
    (folder.root / "prices.yaml").unlink()
    catalog = folder.open()
    assert catalog.mistakes() == []
    assert catalog.price("openai/gpt-4o-mini") is not None
