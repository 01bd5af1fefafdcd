"""The rules of courses: pure functions from state, facts and now to new state and events."""
