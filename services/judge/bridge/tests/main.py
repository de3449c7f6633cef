"""The program of the tests' sandbox: runs pytest on the hidden tests, connected to the candidate."""

from __future__ import annotations

import os
import sys
from typing import Any


def main(settings: dict[str, Any]) -> None:
    """``tests``: their folder; ``names``: submitted modules; ``packages``: folders to import pytest from."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.dont_write_bytecode = True
    sys.path.extend(settings["packages"])
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.chdir(settings["tests"])
    import pytest

    from .callbacks import Callbacks
    from .candidate_module import Candidate
    from .import_hook import install
    from .link import Link
    from .pytest_plugin import Plugin

    seconds = float(settings["call_seconds"])
    link = Link(source, sink, call_seconds=seconds, callbacks=Callbacks(settings["tests"]))
    candidate = sys.modules["candidate"] = Candidate(link, seconds)
    install(link, settings["names"])
    code = pytest.main(_arguments(settings["tests"]), plugins=[Plugin(link, candidate)])
    link.report({"done": int(code)})


def _arguments(tests: str) -> list[str]:
    off = ("cacheprovider", "faulthandler", "doctest", "junitxml", "pastebin", "stepwise", "terminal", "setupplan")
    switches = [word for name in off for word in ("-p", f"no:{name}")]
    return [*switches, "-c", f"{tests}/pytest.ini", "--rootdir", tests, "--confcutdir", tests, tests]
