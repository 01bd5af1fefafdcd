"""The gateway: rules, service tests on the twin, hostile callers, the description of the API, the pages."""
