"""The events services speak to each other in: one file a publishing service, closed in the catalogue's union."""
