"""Solvers: how an attempt is made from a model's answer."""
