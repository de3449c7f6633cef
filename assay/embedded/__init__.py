"""``assay up``: runs PostgreSQL, NATS, the model host and the four services on one machine, as child processes."""
