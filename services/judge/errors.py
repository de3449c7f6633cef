"""Why a judge cannot grade. Faults of the attempt are not errors but failed checks.

JudgeError
├── JudgeRetryable              may pass on a new try: ``infra_error`` with a new try
│   ├── StoreUnavailable        an artifact could not be fetched or stored
│   ├── JudgeModelUnavailable   the model that judges did not answer, or nobody could ask it
│   └── RegexWorkerUnavailable  the child process for regular expressions does not start
└── JudgePermanent              will fail on every try: final ``infra_error``
    ├── JudgeModelUnusable      the model that judges cannot be called: no key, a wrong name, a wrong address
    ├── HiddenBundleInvalid     the hidden bundle is missing, malformed, or lacks what the ticket needs
    └── OutputMissing           the attempt's output is not in the store

Sandbox failures are ``assay.sandbox.SandboxRetryable`` and ``SandboxPermanent``, and are treated alike.
"""

from __future__ import annotations

from assay.contracts.attempts import FaultKind


class JudgeError(Exception):
    """``kind`` is the kind of the reported fault."""

    kind: str = FaultKind.JUDGE


class JudgeRetryable(JudgeError):
    pass


class StoreUnavailable(JudgeRetryable):
    kind = FaultKind.ARTIFACTS


class RegexWorkerUnavailable(JudgeRetryable):
    kind = FaultKind.REGEX_WORKER


class JudgeModelUnavailable(JudgeRetryable):
    """``kind`` is the fault of the last call."""

    def __init__(self, message: str, kind: str = FaultKind.JUDGE) -> None:
        super().__init__(message)
        self.kind = kind


class JudgePermanent(JudgeError):
    pass


class JudgeModelUnusable(JudgePermanent):
    def __init__(self, message: str, kind: str = FaultKind.JUDGE) -> None:
        super().__init__(message)
        self.kind = kind


class HiddenBundleInvalid(JudgePermanent):
    kind = FaultKind.HIDDEN_BUNDLE


class OutputMissing(JudgePermanent):
    kind = FaultKind.OUTPUT
