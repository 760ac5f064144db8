"""Log-anomaly-detection experiments: raw logs in, comparable and reproducible results out."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anomalog_exp.errors import ConfigError

__all__ = ["ConfigError", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import `ConfigError` where it is used.

    Python imports this package before the command can answer Ctrl-C, which would end in a traceback as
    long as that takes.
    """
    if name == "ConfigError":
        from anomalog_exp.errors import ConfigError

        return ConfigError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
