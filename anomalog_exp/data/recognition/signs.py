"""What lines of a format hold, or do not hold, besides what its parser checks.

A parser takes every line that it can read, and presets of one parser read the same lines. A log in JSON
with a key `log` is that of Docker only where it says which stream a line came through.
"""

from __future__ import annotations

from typing import Final

__all__ = ["FOREIGN_SIGNS", "PREFERRED", "SIGNS"]

_DPKG: Final = (
    "startup|status|install|upgrade|configure|trigproc|triggers|remove|purge|disappear|conffile"
)

SIGNS: Final = {
    "docker": r'"stream"\s*:\s*"std(?:out|err)"',
    "journald": r'"__(?:REALTIME|MONOTONIC)_TIMESTAMP"',
    "dpkg": rf"^\S+ \S+ (?:{_DPKG}) ",
}
"""Option -> a pattern that nearly every line of its logs holds."""

FOREIGN_SIGNS: Final = {
    # Spring Boot: `time LEVEL pid --- [thread] logger : message`, of which the pid reads like a logger.
    "log4j": r" +[A-Z]+ +[0-9]+ --- ",
}
"""Option -> a pattern that few lines of its logs hold."""

PREFERRED: Final = (
    "docker",
    "journald",
    "json",
    "access",
    "cri",
    "syslog_5424",
    "openssh",
    "syslog",
    "syslog_iso",
    "glog",
    "klog",
    "log4j",
    "logback",
    "python_asctime",
    "python",
    "dpkg",
    "mac",
    "linux",
    "hadoop",
    "logfmt",
    "tsv",
    "csv",
)
"""Which of several options is meant that read a log equally well; the others follow by name.

Formats of a whole family of programs stand before that of one system, whose YAML may know a year.
OpenSSH's is the exception: where it fits every line, the log is that of one program.
"""
