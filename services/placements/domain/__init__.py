"""The rules of placements: pure functions from state, facts and now to new state and events."""
