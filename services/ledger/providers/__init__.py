"""Model providers that were added to the ledger, besides those of the catalogue."""
