"""Names that logs of named fields give to what every line has: the message, the time, the level.

A line is read by the first of them that it has. After the loggers of Go, Python, JavaScript, Java and
.NET, Docker, systemd, GELF, the Elastic Common Schema, OpenTelemetry and the large clouds.
"""

from __future__ import annotations

from typing import Final

__all__ = ["LEVEL_NAMES", "MESSAGE_NAMES", "TIME_NAMES"]

MESSAGE_NAMES: Final = [
    "message",
    "msg",
    "MESSAGE",
    "log",
    "Message",
    "short_message",
    "text",
    "event",
    "@m",
    "@mt",
]

TIME_NAMES: Final = [
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "Timestamp",
    "datetime",
    "asctime",
    "t",
    "@t",
    "__REALTIME_TIMESTAMP",
]

LEVEL_NAMES: Final = [
    "level",
    "severity",
    "log.level",
    "lvl",
    "levelname",
    "Level",
    "@l",
    "PRIORITY",
]
