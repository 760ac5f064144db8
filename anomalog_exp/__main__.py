"""`python -m anomalog_exp ...`: the command line in, an exit code out.

Exit codes: 0 done, 1 a run or a member of a sweep failed, 2 the command or its data cannot be used,
3 skipped: nothing failed, and nothing has a result; 130 / 143 stopped by the user / by a signal, 141
nobody reads the output any more. A user's mistake gets four lines and no traceback; HYDRA_FULL_ERROR=1
in the environment asks for tracebacks.
"""

from __future__ import annotations

import signal

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Until `main` can answer it, Ctrl-C ends the command without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import atexit
import errno
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from anomalog_exp import __version__
from anomalog_exp.errors import ConfigError
from anomalog_exp.stopping import end_at_once_on_signals, stop_heard, stop_on_signals, stop_signal

__all__ = ["main"]

_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOLCK)
"""Of these the system does not say which file they are about."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and say how it ended."""
    stop_on_signals()
    # Modules leave no garbage. Looking for it while they are imported takes a tenth of a short run, and
    # once more at the end half a second where MLflow is one of them.
    gc.set_threshold(50_000)
    atexit.register(gc.freeze)
    code = 1
    try:
        code = _ended(list(sys.argv[1:] if arguments is None else arguments))
    except BaseException:
        # Whatever a signal became on its way up, it is why the command ends.
        if stop_signal() is None:
            raise
    finally:
        stop_heard()
        end_at_once_on_signals()
    if (number := stop_signal()) is not None:
        with suppress(OSError):
            print("stopped" if number == signal.SIGINT else "stopped by a signal", file=sys.stderr)
        return 128 + number
    return code


def _ended(given: list[str]) -> int:
    """Run the command line; its exit code, unless a signal ends it."""
    wants_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    # With this set, Hydra raises to us instead of printing and exiting by itself.
    os.environ["HYDRA_FULL_ERROR"] = "1"

    from anomalog_exp.commands import command_in, run_command
    from anomalog_exp.config.arguments import flags_first
    from anomalog_exp.config.explain import COMPOSING_ERRORS, explained
    from anomalog_exp.config.search_path import with_plugins
    from anomalog_exp.launch.ending import ExitCode, taken_ending
    from anomalog_exp.launch.start import start

    if given == ["--version"]:
        print(f"anomalog_exp {__version__}")
        return 0
    try:
        if command := command_in(given):
            return run_command(*command)
        start(with_plugins(flags_first(given)))
        ending = taken_ending()
        if ending.error is not None:
            raise ending.error
        sys.stdout.flush()  # here, where somebody answers that nobody reads it any more
    except (ConfigError, *COMPOSING_ERRORS, OSError) as raised:
        error = raised
        if stop_signal() is not None:
            raise
        if isinstance(error, BrokenPipeError):
            # Whoever read it, such as `head`, has seen enough; what is left must not be flushed at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 128 + signal.SIGPIPE
        if isinstance(error, OSError) and (error.filename or error.errno in _DISK_ERRORS):
            error = ConfigError.of(
                "a file or folder",
                error.filename or "(the system does not say which)",
                problem=error.strerror or type(error).__name__,
                allowed="places that can be read, and written below paths.output_dir, paths.data_dir, "
                "paths.cache_dir and TMPDIR",
                fix="mend the place, or name another one by the key, or the variable, that leads there",
            )
        if wants_traceback or not isinstance(error, (ConfigError, *COMPOSING_ERRORS)):
            raise error from None
        overrides = [argument for argument in given if "=" in argument]
        message = error if isinstance(error, ConfigError) else explained(error, overrides)
        print(f"error: {message}", file=sys.stderr)
        return ExitCode.UNUSABLE
    return ending.code


if __name__ == "__main__":
    sys.exit(main())
