"""What a process tells about itself: logs (a thread that writes JSON lines) and metrics (Prometheus)."""

from shared.observability.logs import LogFormat, LogWriter, start_logging
from shared.observability.metrics import Metrics

__all__ = ["LogFormat", "LogWriter", "Metrics", "start_logging"]
