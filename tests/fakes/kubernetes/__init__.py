"""A cluster on this machine that speaks the wire format of Kubernetes and runs pods as processes under bubblewrap."""

from tests.fakes.kubernetes.cluster import FakeCluster

__all__ = ["FakeCluster"]
