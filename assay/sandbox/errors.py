"""Sandbox errors.

    SandboxError                    infrastructure failed; never the model's fault
    +-- SandboxRetryable            may work elsewhere or later: make a new try
    |   +-- SandboxNotStarted       the host could not start it (out of processes, memory, disk)
    |   +-- ServiceNotReady         a service container of the task did not become ready
    |   +-- SandboxLost             the sandbox died while in use, not because of the code inside
    |   +-- SandboxStarved          a program did not get enough of the host's CPU to end within its wall limit
    +-- SandboxPermanent            will fail on this host however often it is tried
        +-- ProviderUnknown         no provider has that name
        +-- ProviderUnavailable     the host lacks what the provider needs
        +-- SpecUnsupported         the provider cannot do what the task's spec requires
        +-- ImageNotBuilt           the task's own Dockerfile does not build
        +-- ProgramMissing          the sandbox lacks a program that the task needs
    CodeFault                       the code inside is at fault
    +-- LineTooLong                 a line on a process's channel exceeds the reader's limit

``assay.files.FilesRefused`` is also the code's fault: unsafe files, or a workspace without space for them.
"""

from __future__ import annotations


class SandboxError(Exception):
    """The infrastructure failed, so the attempt cannot be graded."""


class SandboxRetryable(SandboxError):
    pass


class SandboxNotStarted(SandboxRetryable):
    pass


class ServiceNotReady(SandboxRetryable):
    pass


class SandboxLost(SandboxRetryable):
    pass


class SandboxStarved(SandboxRetryable):
    pass


class SandboxPermanent(SandboxError):
    pass


class ProviderUnknown(SandboxPermanent):
    pass


class ProviderUnavailable(SandboxPermanent):
    pass


class SpecUnsupported(SandboxPermanent):
    pass


class ImageNotBuilt(SandboxPermanent):
    pass


class ProgramMissing(SandboxPermanent):
    pass


class CodeFault(Exception):
    """The code inside failed, which counts against the attempt."""


class LineTooLong(CodeFault):
    pass
