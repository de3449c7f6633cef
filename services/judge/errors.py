"""Why a judge cannot grade. Faults of the attempt are not errors but failed checks.

JudgeError
├── JudgeRetryable              may pass on a new try: ``infra_error`` with a new try
│   ├── StoreUnavailable        an artifact could not be fetched or stored
│   └── RegexWorkerUnavailable  the child process for regular expressions does not start
└── JudgePermanent              will fail on every try: final ``infra_error``
    ├── HiddenBundleInvalid     the hidden bundle is missing, malformed, or lacks what the ticket needs
    └── OutputMissing           the attempt's output is not in the store

Sandbox failures are ``assay.sandbox.SandboxRetryable`` and ``SandboxPermanent``, and are treated alike.
"""

from __future__ import annotations

from assay.contracts.attempts import FaultKind


class JudgeError(Exception):
    """``kind`` is the kind of the reported fault."""

    kind = FaultKind.JUDGE


class JudgeRetryable(JudgeError):
    pass


class StoreUnavailable(JudgeRetryable):
    kind = FaultKind.ARTIFACTS


class RegexWorkerUnavailable(JudgeRetryable):
    kind = FaultKind.REGEX_WORKER


class JudgePermanent(JudgeError):
    pass


class HiddenBundleInvalid(JudgePermanent):
    kind = FaultKind.HIDDEN_BUNDLE


class OutputMissing(JudgePermanent):
    kind = FaultKind.OUTPUT
