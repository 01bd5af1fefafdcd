"""What stands in the way of starting, said in two halves: what is wrong, and how to mend it.

An Obstacle is for the person at the terminal: the command line prints both halves and exits with 1; no traceback.
"""


class Obstacle(Exception):
    """Something the person at the terminal can mend. `what` is one sentence, `remedy` says how."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}: {remedy}")
        self.what = what
        self.remedy = remedy
