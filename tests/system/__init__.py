"""Real processes, spoken to over HTTP only."""
