"""Solver ``command``: a program in the sandbox is the agent, and calls the model through a socket.

The task names the program. Its model calls are metered, under the same limits as those of other solvers. The sandbox
has neither a key nor a network: only the socket, and a token that expires with the try.
"""

from services.runner.solvers.command.program import solve

__all__ = ["solve"]
