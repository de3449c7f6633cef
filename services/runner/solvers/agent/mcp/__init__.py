"""Tools of the task's own MCP servers, which run in the sandbox or at an allowed URL.

This client is not the protocol's SDK (docs/decisions/0025-own-mcp-client.md). What a server sends is as untrusted as
code in the sandbox.
"""

from services.runner.solvers.agent.mcp.servers import McpServers, open_mcp_servers

__all__ = ["McpServers", "open_mcp_servers"]
