"""The ledger's ports over PostgreSQL 18: plain SQL in whole batches, every state change one transaction."""
