"""What can be done with courses: one function a verb. The same functions serve HTTP, events and the schedule."""
