"""Zip archives (a zip of returns, or a workbook, which is one) checked from their directory before anything in them is unpacked.

Refused: paths that lead out, links, locked files, packing that is not plain deflate, one part of the archive unpacked twice, and more than a limit
unpacked, whatever the directory claims: `zipfile` unpacks no more of a file than its header says, and what is unpacked is counted again.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from calibration.record_errors import RecordsError

MOST_FILES = 5_000
MOST_RATIO = 200  # unpacked over packed: returns pack to a tenth to a thirtieth; what a bomb is made of, to a thousandth and less
SMALL = 1024**2  # bytes below which a ratio means nothing
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
FAULTS = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, OSError, OverflowError,
    ValueError, IndexError,
)  # fmt: skip


@contextmanager
def opened(source: Path | BinaryIO, name: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip, whose faults (also those met while it is read) are told as ours.

    Raises
    ------
    RecordsError
        If it is not a zip, is broken off, or holds what does not unpack.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except RecordsError:
        raise
    except FAULTS:
        raise RecordsError(name, "is not a zip that can be read, or not all of it; expected a whole one: copy or export it again") from None


def entries(archive: zipfile.ZipFile, name: str, size: int, most: int, most_together: int) -> list[zipfile.ZipInfo]:
    """Return the files of an archive of `size` bytes in the order of their names, each of at most `most` bytes unpacked.

    Raises
    ------
    RecordsError
        If one of them is not safe to unpack, or all together are not.
    """
    found = sorted((entry for entry in archive.infolist() if not entry.is_dir()), key=lambda entry: entry.filename)
    if len(found) > MOST_FILES:
        raise RecordsError(name, f"holds {len(found):,} files, expected {MOST_FILES:,} at most")
    for entry in found:
        _check(entry, f"{name}/{entry.filename}", most)
    if sum(entry.compress_size for entry in found) > size:
        raise RecordsError(name, "holds files that share their bytes, so it unpacks to more than it can hold; expected each packed on its own")
    whole = sum(entry.file_size for entry in found)
    if whole > most_together:
        raise RecordsError(name, f"unpacks to {whole:,} bytes, expected {most_together:,} at most")
    return found


def unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, most: int) -> bytes:
    """Return what an entry of the archive `name` holds, reading no more than `most` bytes: its header may lie.

    Raises
    ------
    RecordsError
        If it unpacks to more.
    """
    most = min(most, max(SMALL, MOST_RATIO * max(entry.compress_size, 1)))
    with archive.open(entry) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise RecordsError(f"{name}/{entry.filename}", _bomb(len(content), entry.compress_size, most))
    return content


def _check(entry: zipfile.ZipInfo, name: str, most: int) -> None:
    """Refuse an entry that leaves the archive, is a link, is locked, or would unpack to far more than it holds."""
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    if entry.filename.startswith(("/", "\\")) or ".." in parts or (parts and ":" in parts[0]):
        raise RecordsError(name, "leads out of the archive; expected paths within it")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise RecordsError(name, "is a link, expected the file itself")
    if entry.flag_bits & 1:
        raise RecordsError(name, "is locked with a password; expected an archive without one")
    if entry.compress_type not in PLAIN:
        raise RecordsError(name, f"is packed by method {entry.compress_type}; expected a zip made in the plain way (deflate)")
    if entry.file_size > most or (entry.file_size > SMALL and entry.file_size > MOST_RATIO * max(entry.compress_size, 1)):
        raise RecordsError(name, _bomb(entry.file_size, entry.compress_size, most))


def _bomb(size: int, packed: int, most: int) -> str:
    """Say that a file unpacks to too much."""
    return f"unpacks from {packed:,} bytes to {size:,} or more; expected {most:,} at most, and no more than {MOST_RATIO} times what it holds"
