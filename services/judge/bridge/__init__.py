"""Hidden tests on one side, graded code on the other, and nothing but data in between.

Two sandboxes. In the candidate's, ``host`` imports the graded modules and does with them what it is asked. In the
tests', ``trial`` runs pytest, and importing a graded module gives a proxy (``proxy``) whose use becomes a request to
the host (``link``, ``codec``). The judge's process (``session``) carries lines between the two and hears each test's
result from ``plugin``. Graded code never runs where verdicts are made: what it writes, overrides or ends is its own.
docs/decisions/0005-tests-behind-a-bridge.md says why.

``codec``, ``host``, ``link``, ``proxy``, ``raised``, ``lending``, ``lent``, ``imports``, ``candidate``,
``changes``, ``wire``, ``plugin`` and ``trial`` run inside sandboxes on the
standard library alone (and pytest where tests run), under the package name ``bridge``.
"""
