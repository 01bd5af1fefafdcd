"""The path of an event: from the outbox to the broker (relay), and from the broker to a reaction (consumer).

Nobody needs to read this to understand a feature: a service writes events through the door and reacts to them in its
reactions.py. What is guaranteed here: every committed event reaches every subscriber, in the order of its aggregate,
and takes effect once, whatever dies in between.
"""
