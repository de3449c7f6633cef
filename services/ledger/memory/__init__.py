"""The ledger's store inside one process, behind the same ports as Postgres: for tests and simulations."""
