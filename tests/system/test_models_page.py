"""Providers and their keys, from the dashboard through the real system to a provider."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Response, expect

from tests.conftest import PAGE_MILLISECONDS
from tests.fakes.providers.endpoint import FakeEndpoint, serve_in_thread
from tests.system.harness import Stack, running_stack
from tests.web.test_access import violations_in_all_themes

pytestmark = pytest.mark.browser
KEY = "sk-shown-nowhere-4711"

_EVERYTHING = """() => {
  const found = [location.href, JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
  const walk = root => {
    for (const node of root.querySelectorAll("*")) {
      found.push(node.value ?? "", ...[...node.attributes].map(one => one.value));
      found.push(...[...node.childNodes].filter(one => one.nodeType === Node.TEXT_NODE).map(one => one.data));
      if (node.shadowRoot) walk(node.shadowRoot);
    }
  };
  walk(document);
  return found.join("\\n");
}"""
"""All text, attributes and values of the page, through shadow roots, and what it has stored."""


@pytest.fixture(scope="module")
def stack(dist: Path) -> Iterator[Stack]:
    with running_stack() as running:
        yield running


@pytest.fixture
def provider() -> Iterator[FakeEndpoint]:
    with serve_in_thread(FakeEndpoint()) as endpoint:
        yield endpoint


@pytest.fixture
def bodies() -> list[str]:
    """Of the API's responses."""
    return []


@pytest.fixture
def page(chromium: Browser, stack: Stack, bodies: list[str]) -> Iterator[Page]:
    context = chromium.new_context(base_url=stack.url, viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(PAGE_MILLISECONDS)
    messages: list[str] = []
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("console", lambda message: bodies.append(message.text))
    page.on("requestfinished", lambda request: keep(request.response(), bodies))
    yield page
    context.close()
    assert messages == []


def keep(response: Response | None, bodies: list[str]) -> None:
    if response and "/api/v1/" in response.url:
        bodies.append(f"{response.url} {response.text()}")


def form(page: Page) -> Locator:
    return page.locator("provider-dialog")


def field(page: Page, name: str) -> Locator:
    return form(page).locator(f"form [id='{name}']")


def save(page: Page) -> None:
    form(page).locator("#save").click()


def save_until(page: Page, shown: Locator) -> None:
    """Saves again if the busy machine's ledger did not answer in time, as a person would."""
    for _ in range(4):
        save(page)
        with suppress(AssertionError):
            return expect(shown).to_be_visible(timeout=PAGE_MILLISECONDS / 4)
    raise AssertionError(form(page).locator("form").inner_text())


def add(page: Page, provider_id: str, url: str) -> None:
    """Fills in the form of a new provider with one model."""
    page.locator("#add-provider").click()
    expect(field(page, "id")).to_be_focused()
    field(page, "id").fill(provider_id)
    field(page, "base_url").fill(url)
    field(page, "models[0].name").fill("alpha")
    form(page).get_by_label("Local").check()


def test_a_provider_is_added_listed_tested_changed_and_removed(page: Page, provider: FakeEndpoint) -> None:
    page.goto("/models")
    add(page, "cellar", "not an address")
    field(page, "models[0].parameters.temperature").fill("5")
    save(page)
    expect(field(page, "base_url-errors")).to_contain_text("http://")
    expect(field(page, "base_url")).to_be_focused()
    field(page, "base_url").fill(provider.url)
    save(page)
    expect(field(page, "models[0].parameters.temperature-errors")).to_contain_text("at most 2")
    assert not violations_in_all_themes(page, page.get_by_role("dialog"))
    page.set_viewport_size({"width": 1280, "height": 900})
    field(page, "models[0].parameters.temperature").fill("0.5")
    save(page)
    expect(page).to_have_url(re.compile("open=cellar"))
    details = page.locator("tr[data-details=cellar]")
    expect(details).to_contain_text("listed now")
    expect(details.locator("tr[data-offered=alpha]")).to_contain_text("in the list")
    assert not violations_in_all_themes(page)
    page.set_viewport_size({"width": 1280, "height": 900})

    page.locator("[data-part=models]").click()
    page.get_by_role("button", name="Test cellar/alpha").click()
    expect(page.get_by_role("status", name="Test of cellar/alpha")).to_contain_text("hello world")
    assert provider.bodies[-1]["temperature"] == 0.5
    page.get_by_role("button", name="Edit cellar/alpha").click()
    field(page, "models[0].title").fill("The <b>first</b>")
    save_until(page, page.locator("tr[data-model='cellar/alpha']").filter(has_text="The <b>first</b>"))

    page.get_by_role("button", name="Remove cellar/alpha").click()
    expect(page.locator("remove-dialog")).to_contain_text("the last model of provider cellar")
    page.locator("#confirm").click()
    expect(page.locator("tr[data-model='cellar/alpha']")).to_have_count(0)


def test_a_key_is_shown_nowhere_after_it_was_stored(
    page: Page, stack: Stack, provider: FakeEndpoint, bodies: list[str]
) -> None:
    page.goto("/models")
    add(page, "keyed", provider.url)
    field(page, "models[0].price.input_usd_per_mtok").fill("1")
    form(page).get_by_label("Stored here, encrypted").check()
    field(page, "key").fill("sk with spaces")
    save(page)
    expect(field(page, "models[0].price.output_usd_per_mtok-errors")).to_contain_text("Enter both prices")
    field(page, "models[0].price.output_usd_per_mtok").fill("2")
    save(page)
    expect(field(page, "key-errors")).to_contain_text("without spaces")
    expect(field(page, "key")).to_have_value("")
    field(page, "key").fill(KEY)
    assert KEY in page.evaluate(_EVERYTHING)
    save(page)
    stored = page.locator("tr[data-details=keyed] #stored-key")
    expect(stored).to_contain_text("set ")
    expect(page.locator("tr[data-details=keyed] tr[data-offered=alpha]")).to_contain_text("in the list")
    assert provider.headers[-1]["authorization"] == f"Bearer {KEY}"
    assert stack.http.get("/providers").json()[-1]["key"]["revision"] == 1

    page.get_by_role("button", name="Edit keyed").click()
    expect(field(page, "key")).to_have_attribute("placeholder", "unchanged")
    field(page, "base_url").fill(f"{provider.root}/other/v1")
    remove_old_key = form(page).locator("#remove-old-key")
    save_until(page, remove_old_key)
    remove_old_key.click()
    field(page, "key").fill(KEY)
    save(page)
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Replace key of keyed").click()
    page.locator("key-dialog #key").fill(KEY)
    page.locator("#store-key").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert KEY not in page.evaluate(_EVERYTHING)
    assert bodies and KEY not in "\n".join(bodies)
    assert KEY not in stack.http.get("/providers").text + stack.logs()

    page.get_by_role("button", name="Remove key of keyed").click()
    page.locator("#confirm").click()
    expect(stored).to_have_text(re.compile("none"))
    page.get_by_role("button", name="Remove keyed").click()
    page.locator("#confirm").click()
    expect(page.locator("tr[data-provider=keyed]")).to_have_count(0)


def test_a_change_by_someone_else_is_not_overwritten(page: Page, stack: Stack, provider: FakeEndpoint) -> None:
    body = {"kind": "openai", "title": "Shared", "base_url": provider.url, "any_model": True, "local": True}
    stack.http.put("/providers/shared", json={"provider": body}).raise_for_status()
    page.goto("/models?view=providers&open=shared")
    page.get_by_role("button", name="Edit shared").click()
    field(page, "title").fill("Mine")
    theirs = {"provider": {**body, "title": "Theirs"}, "revision": 1}
    stack.http.put("/providers/shared", json=theirs).raise_for_status()
    save(page)
    expect(form(page).get_by_role("alert").first).to_contain_text("was changed by someone else")
    form(page).locator("#reload").click()
    expect(field(page, "title")).to_have_value("Theirs")
    field(page, "title").fill("Ours")
    save(page)
    expect(page.locator("tr[data-provider=shared]")).to_contain_text("Ours")
