"""Solver ``command``: a program in the sandbox is the agent, and asks the model through a socket it finds there.

The task names the program; what it may ask is metered like any other try, under the same limits. Neither a key nor a
network is inside: only the socket, and a token that is worth nothing once the try has ended.
"""

from services.runner.solvers.command.program import solve

__all__ = ["solve"]
