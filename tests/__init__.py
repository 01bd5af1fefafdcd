"""Tests: one folder a service, and the folders for what spans them."""
