"""Reports of contract tests, without secrets: lines for a terminal, JSON, JUnit XML, a page, HAR."""

from halopay_kit.contract.report.masking import Masking
from halopay_kit.contract.report.writing import FILES, write

__all__ = ["FILES", "Masking", "write"]
