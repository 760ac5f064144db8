"""Log-anomaly-detection experiments: raw logs in, comparable and reproducible results out."""

from anomalog_exp.errors import ConfigError

__all__ = ["ConfigError", "__version__"]

__version__ = "0.1.0"
