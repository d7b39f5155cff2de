"""A clean client per test, and servers for it to talk to."""

from client_fixtures import clean_client, cuelet, stock

__all__ = ["clean_client", "cuelet", "stock"]
