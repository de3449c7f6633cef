"""Sandboxes as containers of a Docker daemon on this machine. The only code that knows Docker."""

from assay.sandbox.docker.provider import DEFAULT_IMAGE, DockerProvider

__all__ = ["DEFAULT_IMAGE", "DockerProvider"]
