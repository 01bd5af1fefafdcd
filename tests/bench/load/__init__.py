"""The load: clients in a process of their own, and how the bench tells them what to do."""
