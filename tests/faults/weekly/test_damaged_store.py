"""Bits flipped and blocks cut short in the JetStream store, under load (fault 15)."""
