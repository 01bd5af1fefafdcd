"""Reads stores and topics and says what is wrong. It shares no code with the services: it knows what was promised.

`snapshot` reads everything once; the rules are pure functions from a snapshot to faults.
"""
