"""The models page: filters, sorting, tests of models, providers and what they list."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def shown_models(page: Page) -> list[str]:
    return page.locator("tr[data-model]").evaluate_all("rows => rows.map(row => row.dataset.model)")


def test_models_are_filtered_and_sorted_by_the_url(page: Page) -> None:
    page.goto("/models")
    expect(page).to_have_title("Models · Assay")
    expect(page.locator("#shown")).to_have_text("5 models")
    row = page.locator("tr[data-model='mine/small']")
    expect(row).to_contain_text("database")
    expect(row).to_contain_text("$1.00")
    expect(row).to_contain_text("no images, tools")
    page.get_by_label("Works with").select_option("vision")
    expect(page.locator("#shown")).to_have_text("4 of 5 models")
    page.get_by_label("Kind").select_option("hosted")
    expect(page).to_have_url(re.compile("needs=vision&kind=hosted"))
    page.reload()
    expect(page.locator("#shown")).to_have_text("1 of 5 models")
    assert shown_models(page) == ["openai/gpt-4o-mini"]
    page.get_by_role("searchbox").fill("nothing like it")
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_role("button", name="Input").click()
    expect(page.get_by_role("columnheader", name="Input")).to_have_attribute("aria-sort", "ascending")
    assert shown_models(page)[:3] == ["local/smollm2-135m", "openai/gpt-4o-mini", "mine/small"]


def test_a_test_shows_what_it_measured_or_why_it_failed(page: Page) -> None:
    page.goto("/models")
    expect(page.get_by_role("button", name="Test oracle")).to_have_count(0)
    page.get_by_role("button", name="Test local/smollm2-135m").click()
    answered = page.get_by_role("status", name="Test of local/smollm2-135m")
    expect(answered).to_contain_text("answered")
    for name, value in (
        ("Latency", "1.3 s"),
        ("First token", "500 ms"),
        ("Tokens per second", "51.6"),
        ("Tokens", "37 in, 13 out"),
        ("Cost", "local"),
        ("Served model", "smollm2"),
    ):
        expect(answered.locator("dl > div", has=page.get_by_text(name, exact=True)).locator("dd")).to_have_text(value)
    page.get_by_role("button", name="Test openai/gpt-4o-mini").click()
    failed = page.get_by_role("status", name="Test of openai/gpt-4o-mini")
    expect(failed).to_contain_text("failed: authentication")
    expect(failed).to_contain_text("No key <img src=x onerror=")


def test_providers_say_where_they_are_changed_and_what_they_list(page: Page) -> None:
    page.goto("/models")
    page.get_by_role("button", name="Providers").click()
    rows = page.locator("providers-table tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("mine")
    expect(rows.filter(has_text="Not used: models.yaml has a provider with this id.")).to_have_count(1)
    page.get_by_role("button", name=re.compile("^mine")).click()
    details = page.locator("tr[data-details=mine]")
    expect(details.locator("#stored-key")).to_contain_text(re.compile("set .* ago, last used .* ago"))
    expect(details).to_contain_text("listed now")
    expect(details.locator("tr[data-offered=small]")).to_contain_text("in the list")
    expect(details.locator("tr[data-offered=large]")).to_contain_text("70B <img src=x onerror=")
    expect(details.locator("tr[data-offered=large] .mark")).to_have_text("U+202E")
    page.get_by_role("button", name=re.compile("^openai")).click()
    expect(details).to_have_count(0)
    openai = page.locator("tr[data-details=openai]")
    expect(openai).to_contain_text("Provider openai is defined in models.yaml; change it in that file.")
    expect(openai).to_contain_text("OPENAI_API_KEY")
    expect(openai.get_by_role("button", name="Edit openai")).to_have_count(0)
    page.get_by_role("button", name=re.compile("^local")).click()
    expect(page.locator("[data-notice=offered]")).to_contain_text("No answer: <img src=x onerror=")
    page.wait_for_timeout(150)
    assert page.evaluate("window.pwned") is None


def test_the_form_shows_what_the_kind_of_provider_uses(page: Page) -> None:
    page.goto("/models?view=providers&open=mine")
    page.get_by_role("button", name="Add mine/large").click()
    dialog = page.locator("provider-dialog")
    expect(dialog.get_by_label("Name at the provider").last).to_have_value("large")
    expect(dialog.get_by_label("Name at the provider").last).to_be_focused()
    expect(dialog.get_by_label("API version")).to_be_visible()
    dialog.get_by_label("Kind").select_option("ollama")
    expect(dialog.get_by_label("API version")).to_have_count(0)
    expect(dialog.locator("[id='options.api']")).to_have_count(0)
    expect(dialog.locator("#key")).to_have_attribute("autocomplete", "off")
    dialog.get_by_label("In a variable of the runners").check()
    expect(dialog.locator("#key")).to_have_count(0)
    expect(dialog.get_by_label("Variable", exact=False).last).to_have_attribute("placeholder", "MODEL_KEY_MINE")
    price = dialog.locator("[id='models[1].price.input_usd_per_mtok']")
    expect(price).to_be_visible()
    dialog.get_by_label("Local").check()
    expect(price).to_have_attribute("placeholder", "free")
    dialog.get_by_label("Kind").select_option("transformers")
    expect(dialog.locator("#base_url")).to_have_count(0)
    dialog.get_by_label("Kind").select_option("lmstudio")
    expect(dialog.get_by_label("Unload after")).to_have_value("60")
