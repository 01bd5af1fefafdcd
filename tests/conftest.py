"""Fixtures that every test may ask for."""

from tests.logs import show_logs_plainly
from tests.stack import kafka_bootstrap, mongodb_uri, parts

__all__ = ["kafka_bootstrap", "mongodb_uri", "parts"]

show_logs_plainly()
