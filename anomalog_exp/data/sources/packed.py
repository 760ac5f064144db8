"""Logs that are compressed, one file each: told by their first bytes, whatever their name is.

The text is read to its end, which checks all that the format keeps: the checksums of gzip, bzip2 and xz,
that of zstd where the file has one, and that nothing is cut off.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

from anomalog_exp.data.sources.followed import Followed
from anomalog_exp.errors import DataError
from anomalog_exp.progress import Progress

__all__ = ["packing_of", "unpack_log"]

_CHUNK: Final = 1 << 20


def _zstd(file: IO[bytes]) -> Any:
    import pyarrow as pa

    return pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd")


_PACKINGS: Final[dict[bytes, tuple[str, Callable[[IO[bytes]], Any]]]] = {
    b"\x1f\x8b": ("gzip", gzip.open),
    b"BZh": ("bzip2", bz2.open),
    b"\xfd7zXZ\x00": ("xz", lzma.open),
    b"\x28\xb5\x2f\xfd": ("zstd", _zstd),
}
_DAMAGE: Final = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError)
"""What readers raise where a file is not what they expect; of OSErrors those without a number."""


def packing_of(begin: bytes) -> str | None:
    """What compressed a file that begins like this: gzip, bzip2, xz, zstd; None for nothing known."""
    return next((word for mark, (word, _) in _PACKINGS.items() if begin.startswith(mark)), None)


def unpack_log(packed: Path, into: Path, key: str, progress: Progress) -> None:
    """Write the text of a compressed log into a new file.

    Args:
        packed: The log; `packing_of` knows how it begins.
        into: The file.
        key: The config key that names the log, for messages.
        progress: Shows how many bytes of the log have been read.

    Raises:
        DataError: the log is damaged or cut off.
    """
    with (
        progress.stage(f"unpacking {packed.name}", packed.stat().st_size, "B") as advance,
        io.BufferedReader(Followed(packed, advance), _CHUNK) as file,
        into.open("xb") as text,
    ):
        begin = file.peek()
        opened = next(opener for mark, (_, opener) in _PACKINGS.items() if begin.startswith(mark))
        try:
            stream = opened(file)
            while chunk := stream.read(_CHUNK):
                text.write(chunk)
        except _DAMAGE as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise DataError.of(
                key,
                packed,
                problem=f"the compressed log cannot be unpacked: {error or type(error).__name__}",
                allowed="a whole file; one that is still being written has no end",
                fix="copy it again, or wait until it is written",
            ) from error
