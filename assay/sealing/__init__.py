"""Encryption of secrets for one recipient, with Hybrid Public Key Encryption (RFC 9180)."""
