"""The rules of partnerships: pure functions from state, facts and now to decisions or refusals."""
