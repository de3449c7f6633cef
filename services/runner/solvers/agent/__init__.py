"""Solver ``agent``: the model works on the task's files in one sandbox, in turns, with tools.

Each turn is one request; the tool calls in its answer run in order, and their results are the next prompt. The agent
ends when the model submits, answers twice in a row without a tool call, or reaches a limit. Errors of a tool go to the
model; failures of the host end the try as infrastructure errors. Outputs are submitted as by solver ``files``.
"""

from services.runner.solvers.agent.session import solve

__all__ = ["solve"]
