"""The lock files pin every package by hash, contain no index URLs, and match each other and pyproject.toml."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SERVICES = ("gateway", "runner", "judge", "ledger", "embedded")
LOCKS = ("all", *SERVICES, "setup")
_PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)
_NAME = re.compile(r"^[A-Za-z0-9._-]+")


def text_of(lock: str) -> str:
    return (ROOT / "requirements" / f"{lock}.lock").read_text()


def pins(lock: str) -> set[tuple[str, str]]:
    return {(found["name"], found["version"]) for found in _PIN.finditer(text_of(lock))}


def project() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def required(extra: str) -> set[str]:
    """The names of the packages an extra requires, including those of the extras it contains."""
    optional = project()["optional-dependencies"]
    names: set[str] = set()
    for requirement in optional[extra]:
        if requirement.startswith("assay["):
            for inner in requirement.removeprefix("assay[").removesuffix("]").split(","):
                names |= required(inner)
        else:
            found = _NAME.match(requirement)
            assert found
            names.add(found[0].lower())
    return names


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash_and_no_url(lock: str) -> None:
    entries = re.split(r"(?m)^(?=[a-z0-9-]+==)", text_of(lock))
    assert len(entries) > 1 or lock == "setup"
    assert all("--hash=sha256:" in entry for entry in entries if entry)
    assert "://" not in text_of(lock)
    assert "--index-url" not in text_of(lock)
    assert "--find-links" not in text_of(lock)


@pytest.mark.parametrize("service", SERVICES)
def test_services_are_locked_to_the_versions_used_in_tests(service: str) -> None:
    assert pins(service) <= pins("all")


OPTIONAL = "services.runner.models.anthropic.bedrock_client"
"""Modules that need an extra which no lock includes, separated by spaces."""
IMPORT_ALL = """
import pkgutil, re, sys
from importlib import import_module
from importlib.metadata import packages_distributions

locked, package, optional = set(sys.argv[1].split()), sys.argv[2], sys.argv[3].split()
distributions = {module: {re.sub("[-_.]+", "-", each).lower() for each in names}
                 for module, names in packages_distributions().items()}

class OnlyLocked:
    @staticmethod
    def find_spec(name, path=None, target=None):
        module = name.partition(".")[0]
        if module in distributions and module not in ("assay", "services") and not distributions[module] & locked:
            raise ModuleNotFoundError(f"{module} is not in the lock", name=name)

sys.meta_path.insert(0, OnlyLocked)
for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
    if module.name.rpartition(".")[2] not in ("__main__", "env") and module.name not in optional:
        import_module(module.name)
"""


@pytest.mark.parametrize("service", ["gateway", "ledger", "runner", "judge"])
def test_every_module_of_a_service_can_be_imported_with_the_packages_of_its_lock(service: str) -> None:
    locked = " ".join(name for name, _ in pins(service))
    command = [sys.executable, "-c", IMPORT_ALL, locked, f"services.{service}", OPTIONAL]
    result = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("lock", ("all", *SERVICES))
def test_all_required_packages_are_locked(lock: str) -> None:
    assert required(lock) <= {name for name, _ in pins(lock)}


def test_npm_lock_contains_no_url() -> None:
    assert '"resolved"' not in (ROOT / "web" / "package-lock.json").read_text()


def test_npm_lock_contains_the_builds_for_all_platforms() -> None:
    """``npm ci`` refuses a lock that lacks some of them."""
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text())["packages"]
    optional = {name for package in packages.values() for name in package.get("optionalDependencies", {})}
    assert optional
    assert not {name for name in optional if f"node_modules/{name}" not in packages}


def test_the_example_environment_contains_all_variables_of_the_catalog() -> None:
    providers = yaml.safe_load((ROOT / "catalog" / "models.yaml").read_text())["providers"].values()
    names = {provider[key] for provider in providers for key in ("base_url_env", "api_key_env") if key in provider}
    example = set(re.findall(r"(?m)^#?([A-Z][A-Z0-9_]*)=", (ROOT / ".env.example").read_text()))
    assert names <= example
