"""Read-only answers: what clients see of documents. A file a subject."""
