"""`python -m anomalog_exp.experiments`, as `python -m anomalog_exp experiments`."""

from __future__ import annotations

import sys

from anomalog_exp.commands.experiments import main

if __name__ == "__main__":
    sys.exit(main())
