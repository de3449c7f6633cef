"""Settings of the model host."""

from __future__ import annotations

import os
import shlex

from pydantic import field_validator
from pydantic_settings import SettingsConfigDict

from assay.bus.settings import BusEnvironment


class ModelHostSettings(BusEnvironment):
    """From the environment (prefix ``ASSAY_``). The model listens at ``model_host`` and ``model_port`` (0: a free one);
    runners reach it at ``model_url``, by default that address. ``model_threads`` 0 uses half of the processors and
    leaves the rest to the services: on a busy processor, two threads that wait for each other are slower than one.

    ``transformers_*`` are for ``transformers serve``, which listens at ``model_host``, too. ``transformers_command``
    starts it (empty: the ``transformers`` beside this Python, or in PATH), ``transformers_arguments`` are further
    options of ``serve``, such as ``--device cpu``."""

    model_config = SettingsConfigDict(protected_namespaces=())

    model_host: str = "127.0.0.1"
    model_port: int = 0
    model_url: str = ""
    model_threads: int = 0
    transformers_command: str = ""
    transformers_arguments: str = ""
    transformers_port: int = 0
    transformers_url: str = ""
    transformers_idle_seconds: float = 300.0

    @field_validator("transformers_command", "transformers_arguments")
    @classmethod
    def _can_be_split(cls, value: str) -> str:
        shlex.split(value)
        return value

    @property
    def threads(self) -> int:
        return self.model_threads or max(1, len(os.sched_getaffinity(0)) // 2)
