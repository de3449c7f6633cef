"""The typed client: a method for every endpoint of the gateway's API, and live topics as async iterators."""

from assay.client.client import AssayClient
from assay.client.errors import ClientError, NotAssay, Unreachable
from assay.client.live import follow

__all__ = ["AssayClient", "ClientError", "NotAssay", "Unreachable", "follow"]
