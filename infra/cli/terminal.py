"""The terminal: where commands write, in colour where it can."""

from rich.console import Console

screen = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)
