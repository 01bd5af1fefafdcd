"""The fault lab: real processes under load are killed, stopped, cut off and lied to, and nothing may come of it.

    python -m tests.faults --size lab --seed 7

Each scenario does its harm, lets the stack come to rest, and has the checker read stores and topics, which knows
nothing of the services' code. Each has a control: the same harm with the protection switched off, where the checker has
to see the fault. A control that sees none fails the lab, for then the scenario has shown nothing.
"""
