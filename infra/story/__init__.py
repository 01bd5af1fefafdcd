"""The story of a partnership, played through the edge: by the demo for people, by a system test for certainty.

Every chapter does something through the API, waits for what must follow, and checks what it tells: a chapter that comes
to its end was true. What it expected and did not see it raises as a Mismatch.
"""
