"""`python -m anomalog_exp.experiments`, as `python -m anomalog_exp experiments`."""

from __future__ import annotations

import sys

from anomalog_exp.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["experiments", *sys.argv[1:]]))
