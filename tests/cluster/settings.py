"""What the cluster tests need to know about the cluster, from environment variables. Only KUBECONFIG is required."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


def _variable(name: str, default: str = "") -> str:
    return os.environ.get(f"ASSAY_CLUSTER_{name}", default)


@dataclass(frozen=True)
class ClusterSettings:
    """Commands are shell words in which ``{image}`` or ``{node}`` is replaced.

    ``load_image`` makes a local Docker image known to all nodes (``kind load docker-image {image}``), ``kill_node``
    ends a node without notice (``docker kill {node}``); without it that test is left out. ``shared_folder`` is a folder
    that is the same on every node, for clusters without a storage class for ReadWriteMany volumes."""

    namespace: str = field(default_factory=lambda: _variable("NAMESPACE", "assay-test"))
    tag: str = field(default_factory=lambda: _variable("TAG", "0.1.0"))
    load_image: str = field(default_factory=lambda: _variable("LOAD_IMAGE"))
    kill_node: str = field(default_factory=lambda: _variable("KILL_NODE"))
    doomed_node: str = field(default_factory=lambda: _variable("DOOMED_NODE"))
    """The node that is killed; databases do not run on it."""
    storage_class: str = field(default_factory=lambda: _variable("STORAGE_CLASS"))
    shared_folder: str = field(default_factory=lambda: _variable("SHARED_FOLDER"))
    nats_image: str = field(default_factory=lambda: _variable("NATS_IMAGE", "nats:2.12"))
    postgres_image: str = field(default_factory=lambda: _variable("POSTGRES_IMAGE", "postgres:18"))
    results: Path = field(default_factory=lambda: Path(_variable("RESULTS", ".assay/cluster-test.md")))
    """Where the times of the cases are written."""

    def load(self, image: str) -> None:
        run(self.load_image, image=image)

    def kill(self, node: str) -> None:
        run(self.kill_node, node=node)


def run(command: str, **names: str) -> None:
    subprocess.run([word.format(**names) for word in shlex.split(command)], check=True)
