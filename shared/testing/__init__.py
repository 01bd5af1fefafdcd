"""Twins in memory of the store and the broker, and a world that runs every service in one loop."""
