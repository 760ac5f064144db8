"""The demo: a generated log in the format of HDFS v1, with labels."""

from typing import Final

__all__ = ["LABELS", "LOG"]

LOG: Final = "HDFS.log"
"""The log, in the demo's folder."""

LABELS: Final = "preprocessed/anomaly_label.csv"
"""The labels of its blocks."""
