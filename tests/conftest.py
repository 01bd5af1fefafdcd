"""Fixtures that every test may ask for."""

from tests.stack import kafka_bootstrap, mongodb_uri, parts

__all__ = ["kafka_bootstrap", "mongodb_uri", "parts"]
