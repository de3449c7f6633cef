"""Solvers: how an attempt is made, from one answer of a model to an agent with tools."""
