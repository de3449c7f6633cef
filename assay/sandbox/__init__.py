"""Isolated environments for untrusted code: one protocol, and providers chosen by name."""

from assay.sandbox.errors import (
    CodeFault,
    LineTooLong,
    ProgramMissing,
    ProviderUnavailable,
    SandboxError,
    SandboxPermanent,
    SandboxRetryable,
    SandboxStarved,
)
from assay.sandbox.protocol import (
    WORKSPACE,
    Availability,
    Command,
    CommandResult,
    FilesMount,
    FolderMount,
    Limit,
    Mounts,
    ResourceUse,
    Sandbox,
    SandboxProcess,
    SandboxProvider,
    cut_note,
)
from assay.sandbox.selection import open_sandbox_provider

__all__ = [
    "WORKSPACE",
    "Availability",
    "CodeFault",
    "Command",
    "CommandResult",
    "FilesMount",
    "FolderMount",
    "Limit",
    "LineTooLong",
    "Mounts",
    "ProgramMissing",
    "ProviderUnavailable",
    "ResourceUse",
    "Sandbox",
    "SandboxError",
    "SandboxPermanent",
    "SandboxProcess",
    "SandboxProvider",
    "SandboxRetryable",
    "SandboxStarved",
    "cut_note",
    "open_sandbox_provider",
]
