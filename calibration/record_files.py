"""Open what an authority gives us: a file, a folder or a zip of returns, read with limits and never written.

Whatever is wrong is refused before anything is parsed: paths that leave the folder, archives that unpack to far more than they hold, archives in
archives, links. Nothing is unpacked to disk. What a file says inside is never in a message: records are of children.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

KINDS = {".csv": "csv", ".xlsx": "xlsx", ".xml": "xml"}
IGNORED = frozenset({".txt", ".md", ".pdf", ".doc", ".docx", ".db", ".ini", ".log", ""})  # notes and what systems leave beside files
MOST_FILES = 5_000
MOST_BYTES = 2 * 1024**3  # of one file, unpacked, and of an archive's files together
MOST_RATIO = 200  # unpacked over packed: returns pack to a tenth to a thirtieth; what a bomb is made of, to a thousandth and less
SMALL = 1024**2  # bytes below which a ratio means nothing


class RecordsError(ValueError):
    """Records that cannot be used: which file and, where there is one, which row and field; never what it says."""

    def __init__(self, file: str, message: str, row: int = 0, field: str = "") -> None:
        where = file + (f":{row}" if row else "") + (f": {field}" if field else "")
        super().__init__(f"{where}: {message}")
        self.file, self.row, self.field = file, row, field


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
    paths = sorted(path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    if len(paths) > MOST_FILES:
        raise RecordsError(str(folder), f"holds {len(paths):,} files, expected {MOST_FILES:,} at most")
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise RecordsError(name, "is a link, expected the file itself")
        if _wanted(name):
            yield _whole(path, name)


def _in_archive(path: Path) -> Iterator[RecordFile]:
    """Yield the files of a zip, each read with a limit on what it unpacks to, whatever its header claims."""
    with _archive(path) as archive:
        entries = sorted((entry for entry in archive.infolist() if not entry.is_dir()), key=lambda entry: entry.filename)
        if len(entries) > MOST_FILES:
            raise RecordsError(path.name, f"holds {len(entries):,} files, expected {MOST_FILES:,} at most")
        left = MOST_BYTES
        for entry in entries:
            _check_entry(entry)
            if not _wanted(entry.filename):
                continue
            content = _unpacked(archive, entry, left)
            left -= len(content)
            yield RecordFile(entry.filename, KINDS[PurePosixPath(entry.filename).suffix.lower()], content)


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip, whose faults are told as ours."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError, NotImplementedError, zipfile.LargeZipFile) as fault:
        raise RecordsError(path.name, f"is not a zip that can be read ({type(fault).__name__})") from None


def _check_entry(entry: zipfile.ZipInfo) -> None:
    """Refuse an entry that leaves the archive, is a link, is locked, or would unpack to far more than it holds."""
    name = entry.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or (parts and ":" in parts[0]):
        raise RecordsError(repr(name), "leads out of the archive; expected paths within it")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise RecordsError(name, "is a link, expected the file itself")
    if entry.flag_bits & 1:
        raise RecordsError(name, "is locked with a password; expected an archive without one")
    if entry.file_size > MOST_BYTES or (entry.file_size > SMALL and entry.file_size > MOST_RATIO * max(entry.compress_size, 1)):
        raise RecordsError(name, _bomb(entry.file_size, entry.compress_size))


def _bomb(size: int, packed: int) -> str:
    """Say that a file unpacks to too much."""
    return f"unpacks from {packed:,} bytes to {size:,}; expected {MOST_BYTES:,} at most, and no more than {MOST_RATIO} times what it holds"


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    """Return what an entry holds, reading no more than is allowed: its header may lie."""
    most = min(left, max(SMALL, MOST_RATIO * max(entry.compress_size, 1)))
    with archive.open(entry) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise RecordsError(entry.filename, _bomb(len(content), entry.compress_size))
    return content


def _whole(path: Path, name: str) -> RecordFile:
    """Return a file on disk."""
    size = os.stat(path).st_size
    if size > MOST_BYTES:
        raise RecordsError(name, f"holds {size:,} bytes, expected {MOST_BYTES:,} at most")
    try:
        return RecordFile(name, KINDS[path.suffix.lower()], path.read_bytes())
    except OSError as fault:
        raise RecordsError(name, f"cannot be read: {fault.strerror or type(fault).__name__}") from None


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
