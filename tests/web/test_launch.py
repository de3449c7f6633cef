"""Starting a run from the browser, by mouse and keyboard, with valid and invalid input."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from assay.contracts.catalog import CatalogMistake, CatalogPart
from assay.contracts.models import CallFault, ModelProblem
from tests.web.scripted_gateway.server import ScriptedGateway

pytestmark = pytest.mark.browser


def open_dialog(page: Page) -> None:
    page.goto("/runs")
    page.locator("#launch").click()
    expect(page.locator("#suite")).to_be_focused()


def test_the_keyboard_opens_the_dialog_and_starts_a_run(page: Page, gateway: ScriptedGateway) -> None:
    page.goto("/runs")
    page.get_by_role("heading", name="No runs yet").wait_for()
    page.locator("#launch").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#suite")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_label("oracle")).to_be_checked()
    page.locator("#repeats").focus()
    page.keyboard.type("2")
    expect(page.locator("output")).to_have_text("54 attempts")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/runs/[0-9a-z]{26}$"))
    (scripted,) = gateway.runs.by_id.values()
    assert (scripted.run.models, scripted.run.suite, scripted.run.repeats) == (("oracle",), "demo", 2)
    assert len(scripted.attempts) == 54
    expect(page.get_by_role("heading", level=1)).to_have_text("demo")


def test_tasks_are_selected_by_category(page: Page, gateway: ScriptedGateway) -> None:
    open_dialog(page)
    page.get_by_label("Tasks by category").check()
    page.get_by_role("checkbox", name="All of coding").check()
    page.get_by_label("nop").check()
    expect(page.locator("output")).to_have_text("5 attempts")
    page.locator("#start").click()
    expect(page).to_have_url(re.compile("/runs/"))
    (scripted,) = gateway.runs.by_id.values()
    assert len(scripted.run.task_ids) == 5


def test_broken_tasks_are_listed_with_place_and_reason(page: Page, gateway: ScriptedGateway) -> None:
    open_dialog(page)
    expect(page.locator("#catalog-mistakes")).to_have_count(0)
    page.keyboard.press("Escape")
    reason, file = "is not UTF-8: contains the byte 0xff; save it as UTF-8", "catalog/tasks/routes/samples.jsonl"
    mistake = CatalogMistake(part=CatalogPart.TASK, name="routes", file=file, line=7, message=reason)
    gateway.mistakes.append(mistake)
    open_dialog(page)
    notice = page.locator("#catalog-mistakes")
    expect(notice.locator("summary")).to_have_text(
        "1 broken part of the catalogue cannot be used: task routes", use_inner_text=True
    )
    notice.locator("summary").click()
    expect(notice.locator("li")).to_have_text(f"catalog/tasks/routes/samples.jsonl:7 {reason}")
    page.get_by_label("oracle").check()
    page.locator("#start").click()
    expect(page).to_have_url(re.compile("/runs/"))


def test_a_missing_model_is_reported_before_any_request(page: Page, gateway: ScriptedGateway) -> None:
    open_dialog(page)
    page.locator("#start").click()
    expect(page.locator("#models-errors")).to_contain_text("Select at least one model.")
    assert not gateway.runs.by_id


def test_errors_are_shown_at_their_fields_with_a_suggestion(page: Page, gateway: ScriptedGateway) -> None:
    open_dialog(page)
    page.locator("#another").fill("local/smolm2")
    page.keyboard.press("Enter")
    page.locator("#temperature").fill("1.99")
    page.locator("#start").click()
    expect(page.locator("#temperature-errors")).to_contain_text("must be at most 1.5 here.")
    expect(page.locator("#temperature")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#models-errors")).to_contain_text("unknown model 'local/smolm2'")
    assert not gateway.runs.by_id
    page.locator("#models-errors button").click()
    page.locator("#temperature").fill("0.5")
    page.locator("#start").click()
    expect(page).to_have_url(re.compile("/runs/"))
    (scripted,) = gateway.runs.by_id.values()
    assert scripted.run.models == ("local/smollm2-135m",)


def test_models_that_a_provider_lists_can_be_chosen(page: Page, gateway: ScriptedGateway) -> None:
    open_dialog(page)
    page.locator("#another").fill("openai/")
    options = page.locator("#offered-names option")
    expect(options).to_have_count(2)
    assert options.evaluate_all("all => all.map(one => one.value)") == ["openai/small", "openai/large"]
    page.locator("#another").fill("openai/large")
    page.keyboard.press("Enter")
    expect(page.get_by_label("openai/large")).to_be_checked()
    page.get_by_role("link", name="Models and providers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Models")
    assert page.evaluate("getComputedStyle(document.documentElement).overflow") == "visible"


def test_escape_closes_the_dialog_without_starting_a_run(page: Page, gateway: ScriptedGateway) -> None:
    open_dialog(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#launch")).to_be_focused()
    assert not gateway.runs.by_id


_TYPE = """async (field, values) => {
  const [set, waits] = [window.setTimeout, []];
  window.setTimeout = (work, wait) => (waits.push(wait), set(work, wait));
  for (const value of values) {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
    await field.getRootNode().host.updateComplete;
  }
  window.setTimeout = set;
  return waits;
}"""
"""Enters the values without any time in between, and returns the debounce delays that the page asked for."""


def select_paid_model(page: Page) -> None:
    open_dialog(page)
    page.get_by_label("openai/gpt-4o-mini").check()


def test_the_cost_is_estimated_while_the_form_is_filled_in(page: Page, gateway: ScriptedGateway) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url) if request.url.endswith("/runs/quote") else None)
    select_paid_model(page)
    expect(page.locator("#estimated")).to_have_text("$0.0043")
    expect(page.locator("#worst")).to_have_text("$0.021")
    expect(page.locator("#quote")).to_contain_text("Estimated from earlier attempts.")
    expect(page.locator("[data-account=day]")).to_contain_text("$20.00 left of $20.00: covers the worst case")
    expect(page.locator("[data-account=project]")).to_contain_text("no limit")
    before = len(requests)
    waits = page.locator("#repeats").evaluate(_TYPE, ["1", "12"])
    assert len(waits) == 2 and min(waits) > 200
    expect(page.locator("#quote")).to_contain_text("324")
    expect(page.locator("#estimated")).to_have_text("$0.051")
    assert len(requests) == before + 1, "typing requests one quote when it ends"
    page.get_by_label("openai/gpt-4o-mini").uncheck()
    expect(page.locator("#quote")).to_contain_text("Select tasks and models")
    page.get_by_label("nop").check()
    expect(page.locator("#quote")).to_contain_text("These models are free.")
    assert not gateway.runs.by_id


def test_a_model_that_cannot_be_called_says_why_and_what_to_do(page: Page, gateway: ScriptedGateway) -> None:
    name, remedy = "openai/gpt-4o-mini", "set it, and start `assay up` again"
    problem = ModelProblem(model=name, fault=CallFault.AUTHENTICATION, reason="no key \u202e<b>", remedy=remedy)
    gateway.hub.money.problems = (problem,)
    select_paid_model(page)
    shown = page.locator(f"[data-problem='{name}']")
    expect(shown).to_contain_text("Cannot be called. No key")
    expect(shown).to_contain_text("<b>. Set it, and start assay up again.")
    expect(shown.locator("code")).to_have_text("assay up")
    page.get_by_label(name).uncheck()
    page.get_by_label("nop").check()
    expect(shown).to_have_count(0)


def test_a_run_over_the_budget_is_refused_with_amounts(page: Page, gateway: ScriptedGateway) -> None:
    select_paid_model(page)
    page.locator("#cost").fill("0.001")
    expect(page.locator("#refusal")).to_contain_text("exceeds the run's limit: $0.001 of $0.001 left")
    expect(page.locator("[data-account=run]")).to_contain_text("not enough")
    expect(page.locator("#start")).to_have_attribute("disabled", "")
    page.locator("#cost").press("Enter")
    page.wait_for_timeout(200)
    assert not gateway.runs.by_id
    page.get_by_label("Run until the budget is used up").check()
    expect(page.locator("#start")).not_to_have_attribute("disabled", "")
    page.locator("#start").click()
    expect(page).to_have_url(re.compile("/runs/[0-9a-z]{26}$"))
    (scripted,) = gateway.runs.by_id.values()
    assert scripted.request.partial
    assert scripted.run.limits.cost_usd == "0.001"


def test_a_limit_that_is_reached_meanwhile_is_reported_on_start(page: Page, gateway: ScriptedGateway) -> None:
    select_paid_model(page)
    expect(page.locator("#estimated")).to_be_visible()
    gateway.hub.money.day_usd = "0.0001"
    page.locator("#start").click()
    expect(page.locator(".problem")).to_contain_text("exceeds the day's limit: $0.0001 of $0.0001 left")
    assert not gateway.runs.by_id


def test_limits_are_sent_as_typed(page: Page, gateway: ScriptedGateway) -> None:
    select_paid_model(page)
    page.locator("#cost").fill("$1,250.50")
    page.locator("#minutes").fill("1.5")
    page.locator("#concurrency").fill("3")
    page.locator("#priority").fill("10")
    page.locator("#judges").fill("openai/gpt-4o, lab/critic")
    page.get_by_label("Reuse earlier results").check()
    page.locator("#start").click()
    expect(page.locator("#priority-errors")).to_contain_text("from 1 to 9")
    page.locator("#priority").fill("9")
    page.locator("#start").click()
    expect(page).to_have_url(re.compile("/runs/[0-9a-z]{26}$"))
    (scripted,) = gateway.runs.by_id.values()
    limits = scripted.request.limits
    assert (limits.cost_usd, limits.seconds, limits.concurrency) == ("1250.5", 90.0, 3)
    assert (scripted.request.priority, scripted.request.reuse, scripted.request.partial) == (9, True, False)
    assert scripted.request.judges == ("openai/gpt-4o", "lab/critic")


def test_an_empty_cost_field_means_no_run_limit(page: Page, gateway: ScriptedGateway) -> None:
    select_paid_model(page)
    page.locator("#cost").fill("")
    page.locator("#start").click()
    expect(page).to_have_url(re.compile("/runs/[0-9a-z]{26}$"))
    (scripted,) = gateway.runs.by_id.values()
    assert scripted.request.limits.cost_usd is None
    expect(page.locator("[aria-label=Money]")).to_contain_text("no run limit")


def test_a_refusal_is_rendered_as_text(page: Page, gateway: ScriptedGateway) -> None:
    gateway.hub.money.day_usd = "0"
    gateway.hub.money.refusal_prefix = "<img src=x onerror=window.pwned=9>\u202e"
    select_paid_model(page)
    expect(page.locator("#refusal")).to_contain_text("<img src=x onerror=")
    expect(page.locator("#refusal .mark")).to_have_text("U+202E")
    page.wait_for_timeout(150)
    assert page.evaluate("window.pwned") is None
