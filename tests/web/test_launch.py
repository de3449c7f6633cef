"""Starting a run from the browser, by hand and by keyboard, right and wrong."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.scripted_gateway.server import Stage

pytestmark = pytest.mark.browser


def opened(page: Page) -> None:
    page.goto("/runs")
    page.locator("#launch").click()
    expect(page.locator("#suite")).to_be_focused()


def test_the_keyboard_opens_the_dialog_and_starts_a_run(page: Page, stage: Stage) -> None:
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
    (played,) = stage.play.runs.values()
    assert (played.run.models, played.run.suite, played.run.repeats) == (("oracle",), "demo", 2)
    assert len(played.attempts) == 54
    expect(page.get_by_role("heading", level=1)).to_have_text("demo")


def test_tasks_are_chosen_by_category(page: Page, stage: Stage) -> None:
    opened(page)
    page.get_by_label("Tasks by category").check()
    page.get_by_role("checkbox", name="All of coding").check()
    page.get_by_label("nop").check()
    expect(page.locator("output")).to_have_text("5 attempts")
    page.locator("#start").click()
    expect(page).to_have_url(re.compile("/runs/"))
    (played,) = stage.play.runs.values()
    assert len(played.run.task_ids) == 5


def test_nothing_chosen_is_said_before_anything_is_sent(page: Page, stage: Stage) -> None:
    opened(page)
    page.locator("#start").click()
    expect(page.locator("#models-errors")).to_contain_text("Choose at least one model.")
    assert not stage.play.runs


def test_refusals_stand_at_their_fields_and_offer_the_near_match(page: Page, stage: Stage) -> None:
    opened(page)
    page.locator("#another").fill("local/smolm2")
    page.keyboard.press("Enter")
    page.locator("#temperature").fill("1.99")
    page.locator("#start").click()
    expect(page.locator("#temperature-errors")).to_contain_text("must be at most 1.5 here.")
    expect(page.locator("#temperature")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#models-errors")).to_contain_text("unknown model 'local/smolm2'")
    assert not stage.play.runs
    page.locator("#models-errors button").click()
    page.locator("#temperature").fill("0.5")
    page.locator("#start").click()
    expect(page).to_have_url(re.compile("/runs/"))
    (played,) = stage.play.runs.values()
    assert played.run.models == ("local/smollm2-135m",)


def test_escape_closes_the_dialog_and_nothing_is_started(page: Page, stage: Stage) -> None:
    opened(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#launch")).to_be_focused()
    assert not stage.play.runs


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
"""The page takes in each value, and no time passes in between, however slow the machine is: for how long it would wait
for the next one, each time."""


def priced(page: Page) -> None:
    opened(page)
    page.get_by_label("openai/gpt-4o-mini").check()


def test_what_it_would_cost_is_told_while_one_chooses(page: Page, stage: Stage) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/runs/quote") else None)
    priced(page)
    expect(page.locator("#estimated")).to_have_text("$0.0043")
    expect(page.locator("#worst")).to_have_text("$0.021")
    expect(page.locator("#quote")).to_contain_text("from what such attempts used before")
    expect(page.locator("[data-account=day]")).to_contain_text("$20.00 left of $20.00 covers the worst case")
    expect(page.locator("[data-account=project]")).to_contain_text("no limit")
    before = len(asked)
    waits = page.locator("#repeats").evaluate(_TYPE, ["1", "12"])
    assert len(waits) == 2 and min(waits) > 200
    expect(page.locator("#quote")).to_contain_text("324")
    expect(page.locator("#estimated")).to_have_text("$0.051")
    assert len(asked) == before + 1, "typing asks once, when it is over"
    page.get_by_label("openai/gpt-4o-mini").uncheck()
    expect(page.locator("#quote")).to_contain_text("Choose what to run")
    page.get_by_label("nop").check()
    expect(page.locator("#quote")).to_contain_text("These models cost nothing.")
    assert not stage.play.runs


def test_what_cannot_fit_is_refused_with_the_figures(page: Page, stage: Stage) -> None:
    priced(page)
    page.locator("#cost").fill("0.001")
    expect(page.locator("#refusal")).to_contain_text("the limit of the run leaves $0.001 of $0.001")
    expect(page.locator("[data-account=run]")).to_contain_text("is not enough")
    expect(page.locator("#start")).to_have_attribute("disabled", "")
    page.locator("#cost").press("Enter")
    page.wait_for_timeout(200)
    assert not stage.play.runs
    page.get_by_label("As far as the money goes").check()
    expect(page.locator("#start")).not_to_have_attribute("disabled", "")
    page.locator("#start").click()
    expect(page).to_have_url(re.compile("/runs/[0-9a-z]{26}$"))
    (played,) = stage.play.runs.values()
    assert played.request.partial
    assert played.run.limits.cost_usd == "0.001"


def test_a_limit_reached_meanwhile_is_told_on_starting(page: Page, stage: Stage) -> None:
    priced(page)
    expect(page.locator("#estimated")).to_be_visible()
    stage.board.till.day_usd = "0.0001"
    page.locator("#start").click()
    expect(page.locator(".problem")).to_contain_text("the limit of today leaves $0.0001 of $0.0001")
    assert not stage.play.runs


def test_limits_are_sent_as_they_are_typed(page: Page, stage: Stage) -> None:
    priced(page)
    page.locator("#cost").fill("$1,250.50")
    page.locator("#minutes").fill("1.5")
    page.locator("#concurrency").fill("3")
    page.locator("#priority").fill("10")
    page.get_by_label("Take over earlier results").check()
    page.locator("#start").click()
    expect(page.locator("#priority-errors")).to_contain_text("from 1 to 9")
    page.locator("#priority").fill("9")
    page.locator("#start").click()
    expect(page).to_have_url(re.compile("/runs/[0-9a-z]{26}$"))
    (played,) = stage.play.runs.values()
    limits = played.request.limits
    assert (limits.cost_usd, limits.seconds, limits.concurrency) == ("1250.5", 90.0, 3)
    assert (played.request.priority, played.request.reuse, played.request.partial) == (9, True, False)


def test_no_limit_of_its_own_is_an_empty_field(page: Page, stage: Stage) -> None:
    priced(page)
    page.locator("#cost").fill("")
    page.locator("#start").click()
    expect(page).to_have_url(re.compile("/runs/[0-9a-z]{26}$"))
    (played,) = stage.play.runs.values()
    assert played.request.limits.cost_usd is None
    expect(page.locator("[aria-label=Money]")).to_contain_text("no limit of its own")


def test_a_refusal_is_text_whatever_it_says(page: Page, stage: Stage) -> None:
    stage.board.till.day_usd = "0"
    stage.board.till.saying = "<img src=x onerror=window.pwned=9>\u202e"
    priced(page)
    expect(page.locator("#refusal")).to_contain_text("<img src=x onerror=")
    expect(page.locator("#refusal .mark")).to_have_text("U+202E")
    page.wait_for_timeout(150)
    assert page.evaluate("window.pwned") is None
