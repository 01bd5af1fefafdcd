"""Logs while tests run: readable, with plain stacks.

The library's usual way of showing an exception draws every local variable of every frame, which can take seconds: long
enough to let deadlines under test pass.
"""

import structlog


def show_logs_plainly() -> None:
    """What a test prints shows each line as text, and a stack as Python shows it."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.dev.set_exc_info,
            structlog.processors.TimeStamper(fmt="%H:%M:%S.%f", utc=True),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        cache_logger_on_first_use=False,
    )
