"""Captured traffic: HAR, VCR cassettes, JSON lines, reports of Schemathesis, exports of an inbox.

`read` turns files into what a run would have observed; which format a file has is told by what stands in it.
"""

from halopay_kit.contract.traffic.reading import Count, Traffic, read

__all__ = ["Count", "Traffic", "read"]
