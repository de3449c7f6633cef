"""What keeps a judge from grading. What the attempt did wrong is never among it: that is a failed check.

JudgeError
├── JudgeRetryable              likely to pass at another try: ``infra_error`` with a new try
│   ├── StoreSilent             an artifact could not be fetched or stored just now
│   └── SearcherDown            the child process that searches answers cannot be started
└── JudgePermanent              will fail however often it is tried: ``infra_error`` for good
    ├── HiddenUnusable          the hidden bundle is missing, broken, or lacks what the ticket asks for
    └── OutputLost              what the attempt handed in is not in the store

Failures of sandboxes are ``assay.sandbox.SandboxRetryable`` and ``SandboxPermanent``, and count alike.
"""

from __future__ import annotations


class JudgeError(Exception):
    """``kind`` is what the report's fault is called."""

    kind = "judge"


class JudgeRetryable(JudgeError):
    pass


class StoreUnavailable(JudgeRetryable):
    kind = "artifacts"


class RegexWorkerUnavailable(JudgeRetryable):
    kind = "searcher"


class JudgePermanent(JudgeError):
    pass


class HiddenBundleInvalid(JudgePermanent):
    kind = "hidden_bundle"


class OutputMissing(JudgePermanent):
    kind = "output"
