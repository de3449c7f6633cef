"""What goes wrong around a sandbox.

    SandboxError                    ours: the infrastructure's fault, never the model's
    +-- SandboxRetryable            may work elsewhere or later: make a new try
    |   +-- SandboxNotStarted       the host would not start it (no processes, no memory, no folder)
    |   +-- ServiceNotReady         what the task needs beside the sandbox did not come up
    |   +-- SandboxLost             it died while in use, and nothing inside was at fault
    +-- SandboxPermanent            will not work here however often it is tried
        +-- ProviderUnknown         no provider of that name
        +-- ProviderUnavailable     the host lacks what the provider needs
        +-- SpecUnsupported         the provider cannot give what the task asks for
        +-- ImageNotBuilt           the task's own Dockerfile fails
    CodeFault                       theirs: what the code inside did
    +-- LineTooLong                 a line on a process's channel is longer than the reader allows

``assay.files.FilesRefused`` is theirs too: files that cannot be taken, or a workspace too full for them.
"""

from __future__ import annotations


class SandboxError(Exception):
    """The infrastructure's fault: grades nothing."""


class SandboxRetryable(SandboxError):
    pass


class SandboxNotStarted(SandboxRetryable):
    pass


class ServiceNotReady(SandboxRetryable):
    pass


class SandboxLost(SandboxRetryable):
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


class CodeFault(Exception):
    """The fault of the code inside: grades the attempt."""


class LineTooLong(CodeFault):
    pass
