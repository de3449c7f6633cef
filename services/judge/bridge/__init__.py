"""Runs hidden tests against submitted code in two sandboxes that exchange only data.

In the candidate's sandbox, ``candidate`` imports the submitted modules and executes requests. In the tests' sandbox,
``tests`` runs pytest; importing a submitted module there gives a proxy, whose use becomes a request. The judge's own
process (``session``) relays lines between the two and records each test's result. Submitted code never runs where
verdicts are made: whatever it writes, overrides or ends is its own. docs/decisions/0005-tests-behind-a-bridge.md has
the reasons.

``wire``, ``candidate`` and ``tests`` run inside the sandboxes, where they are the package ``bridge``. They use nothing
but the standard library (and pytest in ``tests``) and import each other relatively.
"""
