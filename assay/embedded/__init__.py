"""``assay up``: PostgreSQL, NATS, the local model and the four services on one machine, as child processes."""
