"""Solver ``agent``: the model works on the task's files in turns, with tools, in one sandbox.

Each turn is one request; the calls in its answer are carried out in order and what came of them is the next prompt. It
ends when the model submits, when it twice in a row calls no tool, or at a limit. What a tool refuses is told to the
model; what the host cannot do ends the try as ours. The declared outputs are handed in as solver ``files`` does it.
"""

from services.runner.solvers.agent.session import solve

__all__ = ["solve"]
