"""Each folder here is a task: its files are graded by the judge, and never collected by pytest."""

from tests.judge.conftest import tools

__all__ = ["tools"]
collect_ignore_glob = ["*/*/*"]
