"""Open what an authority gives us: a file, a folder or a zip of returns, read with limits and never written.

Whatever is wrong is refused before anything is parsed: paths that leave the folder, archives that unpack to far more than they hold, archives in
archives, links, pipes. Nothing is unpacked to disk. What a file says inside is never in a message: records are of children.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from calibration.record_archives import MOST_FILES, entries, opened, unpacked
from calibration.record_errors import RecordsError

__all__ = ["KINDS", "MOST_BYTES", "MOST_BYTES_TOGETHER", "RecordFile", "RecordsError", "record_files"]

KINDS = {".csv": "csv", ".xlsx": "xlsx", ".xml": "xml"}
IGNORED = frozenset({".txt", ".md", ".pdf", ".doc", ".docx", ".db", ".ini", ".log", ""})  # notes and what systems leave beside files
MOST_BYTES = 512 * 1024**2  # of one file, unpacked: a million episodes are 80 MB as CSV, 450 MB as XML
MOST_BYTES_TOGETHER = 2 * 1024**3  # of an archive's files together


@dataclass(frozen=True)
class RecordFile:
    """A file of records.

    Attributes
    ----------
    name
        As messages name it: its path within the folder or archive.
    kind
        `csv`, `xlsx` or `xml`, by its ending.
    content
        Its bytes.
    """

    name: str
    kind: str
    content: bytes


def record_files(path: str | Path) -> Iterator[RecordFile]:
    """Yield the files of records at a path, in the order of their names: of a folder and its folders, of a zip, or the one file.

    Raises
    ------
    RecordsError
        If there is nothing to read, or anything there is not safe to read.
    """
    path = Path(path)
    if not path.exists():
        raise RecordsError(str(path), "there is no such file or folder")
    if path.is_dir():
        found = _in_folder(path)
    elif path.suffix.lower() == ".zip":
        found = _in_archive(path)
    elif path.suffix.lower() in KINDS:
        found = iter([_whole(path, path.name)])
    else:
        raise RecordsError(str(path), f"ends in {path.suffix or 'nothing'!r}, expected a folder, a .zip, or one of {', '.join(KINDS)}")
    empty = True
    for file in found:
        empty = False
        yield file
    if empty:
        raise RecordsError(str(path), f"holds no file that ends in {', '.join(KINDS)}")


def _in_folder(folder: Path) -> Iterator[RecordFile]:
    """Yield the files of a folder; refuses links, which may lead anywhere."""
    inside = (path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    paths = sorted(islice(inside, MOST_FILES + 1))
    if len(paths) > MOST_FILES:
        raise RecordsError(str(folder), f"holds more than {MOST_FILES:,} files, expected {MOST_FILES:,} at most")
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise RecordsError(name, "is a link, expected the file itself")
        if _wanted(name):
            yield _whole(path, name)


def _in_archive(path: Path) -> Iterator[RecordFile]:
    """Yield the files of a zip, each read with a limit on what it unpacks to, whatever its header claims."""
    with opened(path, path.name) as archive:
        left = MOST_BYTES_TOGETHER
        for entry in entries(archive, path.name, path.stat().st_size, MOST_BYTES, MOST_BYTES_TOGETHER):
            if not _wanted(entry.filename):
                continue
            content = unpacked(archive, entry, path.name, min(left, MOST_BYTES))
            left -= len(content)
            yield RecordFile(entry.filename, KINDS[PurePosixPath(entry.filename).suffix.lower()], content)


def _whole(path: Path, name: str) -> RecordFile:
    """Return a file on disk, reading no more than a file may hold."""
    try:
        about = os.stat(path)
        if not stat.S_ISREG(about.st_mode):
            raise RecordsError(name, "is not a file (a pipe or a device), expected one")
        with path.open("rb") as stream:
            content = stream.read(min(about.st_size, MOST_BYTES) + 1)
    except OSError as fault:
        raise RecordsError(name, f"cannot be read: {fault.strerror or type(fault).__name__}") from None
    if len(content) > MOST_BYTES:
        raise RecordsError(name, f"holds more than {MOST_BYTES:,} bytes, expected {MOST_BYTES:,} at most")
    return RecordFile(name, KINDS[path.suffix.lower()], content)


def _wanted(name: str) -> bool:
    """Whether a file is one of records; refuses what is neither that nor a note."""
    path = PurePosixPath(name.replace("\\", "/"))
    hidden = any(part.startswith((".", "__MACOSX", "~$")) for part in path.parts)
    suffix = path.suffix.lower()
    if hidden or suffix in IGNORED:
        return False
    if suffix not in KINDS:
        raise RecordsError(name, f"ends in {suffix!r}, expected {', '.join(KINDS)}; leave out what is not a return")
    return True
