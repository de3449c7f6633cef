"""The only way out of a sandbox: an HTTP proxy in the worker, for the hosts that the task names."""

from assay.sandbox.egress.addresses import Address, Reachable, is_public
from assay.sandbox.egress.proxy import EgressProxy, proxy_environment

__all__ = ["Address", "EgressProxy", "Reachable", "is_public", "proxy_environment"]
