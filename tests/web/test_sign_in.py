"""Signing in with the gateway's token."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.web.scripted_gateway.server import ScriptedGateway

pytestmark = pytest.mark.browser


def test_the_token_is_requested_and_opens_the_dashboard(page: Page, gateway: ScriptedGateway) -> None:
    gateway.hub.token = "open sesame"
    page.goto("/runs")
    token = page.get_by_role("textbox", name="Token")
    token.fill("open barley")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("sign-in [role=alert]")).to_have_text("Token required")
    token.fill("open sesame")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()
    expect(page.locator("[data-connection=live]")).to_be_visible()
    expect(page.locator("sign-in")).to_have_count(0)
