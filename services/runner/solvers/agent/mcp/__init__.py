"""Tools that a task brings along: servers of the Model Context Protocol, in the sandbox or behind an allowed URL.

Written here and not by the protocol's SDK, which brings a web server along: of a client an agent needs three requests.
What a server says is as little to be believed as what code in the sandbox does.
"""

from services.runner.solvers.agent.mcp.servers import McpServers, open_mcp_servers

__all__ = ["McpServers", "open_mcp_servers"]
