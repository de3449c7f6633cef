"""The fields of lm-eval's ``results_<date>.json`` that are read (versions 0.4.x)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct, field

_MODEL_ARGUMENTS = ("peft", "delta", "pretrained", "model", "path", "engine")
"""Those that name the model, the most specific first."""


class ResultsFile(Struct):
    """``configs`` has the tasks, ``group_subtasks`` the groups, which have no samples of their own. ``n_shot`` is the
    number of examples in the prompt."""

    results: dict[str, Any] = field(default_factory=dict[str, Any])
    configs: dict[str, Any] = field(default_factory=dict[str, Any])
    versions: dict[str, Any] = field(default_factory=dict[str, Any])
    n_shot: dict[str, Any] = field(default_factory=dict[str, Any], name="n-shot")
    higher_is_better: dict[str, Any] = field(default_factory=dict[str, Any])
    group_subtasks: dict[str, Any] = field(default_factory=dict[str, Any])
    config: dict[str, Any] = field(default_factory=dict[str, Any])
    date: Any = None
    version: str | None = field(default=None, name="lm_eval_version")
    model_name: str | None = None
    model_source: str | None = None

    def task_names(self) -> tuple[str, ...]:
        groups = {name for name, children in self.group_subtasks.items() if children}
        return tuple(name for name in self.configs or self.results if name not in groups)

    def model(self) -> str:
        """Empty if the file does not name it."""
        return self.model_name or _argument(self.config.get("model_args")) or self.model_source or ""

    def task_config(self, task: str) -> Mapping[str, Any]:
        found = self.configs.get(task)
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    def shots(self, task: str) -> Any:
        return self.n_shot.get(task, self.task_config(task).get("num_fewshot"))

    def lower_is_better(self, task: str, metric: str) -> bool:
        found = self.higher_is_better.get(task)
        return isinstance(found, dict) and cast("dict[str, Any]", found).get(metric) is False


def _argument(found: Any) -> str:
    """Of the model's arguments: a mapping, or ``name=value,name=value``."""
    if isinstance(found, str):
        pairs = (each.partition("=") for each in found.split(","))
        found = {name.strip(): value.strip() for name, equals, value in pairs if equals}
    if not isinstance(found, dict):
        return ""
    values = cast("dict[str, Any]", found)
    return next((str(values[name]) for name in _MODEL_ARGUMENTS if values.get(name)), "")
