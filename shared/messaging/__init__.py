"""The event path: outbox, relay, consumer, parked events. Nobody reads this to understand a feature."""
