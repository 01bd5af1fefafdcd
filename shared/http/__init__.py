"""HTTP habits that every service shares: problems, tokens, idempotency, paging, limits and the API's description."""
