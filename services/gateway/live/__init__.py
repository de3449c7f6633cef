"""Live updates: one hub per process hears every fact once and fans out to its WebSocket clients.

``hub`` hears and routes; a feed per watched run (``run_feed``), one of all runs (``runs_feed``), one per board
(``boards``), one per tailed attempt (``tails``); ``ledger`` reads snapshots and gaps from the truth; ``subscription``
is what one client is owed of one topic; ``connection`` sends it at the client's own pace.
"""
