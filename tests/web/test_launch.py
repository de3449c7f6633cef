"""Starting a run from the browser, by hand and by keyboard, right and wrong."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.stage.server import Stage

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
