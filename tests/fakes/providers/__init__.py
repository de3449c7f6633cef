"""Servers that speak the wire formats of model providers, on real sockets."""
