"""Live updates: one hub per process receives every fact once and fans out to its WebSocket clients.

``hub`` owns the connections and the clock, ``feeds/`` turns facts into frames per topic, ``client/`` buffers and sends
them at each client's own speed, and ``ledger_client`` reads snapshots and missed facts.
"""
