"""The one way out of a sandbox that may have one: a proxy in the worker, for the hosts that the task names."""

from assay.sandbox.egress.addresses import Address, Reachable, is_public
from assay.sandbox.egress.proxy import EgressProxy, environment

__all__ = ["Address", "EgressProxy", "Reachable", "environment", "is_public"]
