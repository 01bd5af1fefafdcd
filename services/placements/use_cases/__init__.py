"""What can be done with placements: one function a verb. The same functions serve HTTP, events and the schedule."""
