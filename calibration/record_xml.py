"""XML of records, element by element, through defusedxml: no document type, no entities, nothing fetched, limits on depth, length and size.

Memory holds one complete element at a time, whatever the file's size, and names of elements lose their namespace.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import defusedxml
import numpy as np
from defusedxml.ElementTree import ParseError, iterparse

from calibration.record_errors import RecordsError
from calibration.record_files import RecordFile

DEEPEST = 50  # the SSDA903 return has four levels, the CIN census seven
LONGEST_TEXT = 40_000  # bytes between one tag and the next: a page of free text has four thousand
MOST_WITHIN = 50_000  # elements of one child; with a thousand reviews a child has five thousand
SLICE = 4 * 1024**2


def root_of(file: RecordFile) -> str:
    """Return the name of the root, without its namespace.

    Raises
    ------
    RecordsError
        If it is not XML, or XML with a document type or entities.
    """
    for _, element in _events(file):
        return _local(element.tag)
    raise RecordsError(file.name, "holds no element; expected XML")


def refuse_document_type(file: RecordFile) -> None:
    """Refuse XML that declares a document type, with which entities come: it stands before the first element, so no more than that is parsed.

    Raises
    ------
    RecordsError
        As `root_of`.
    """
    root_of(file)


def elements(file: RecordFile, tag: str) -> Iterator[Element]:
    """Yield each complete element of a name (upper and lower case alike; of nested ones the outermost), then free it.

    Names within it are without namespaces, as they are spelt. An element that is yielded is empty once the next is asked for.

    Raises
    ------
    RecordsError
        If the file is not whole, well-formed XML without document type and entities, or is deeper, longer or larger than any return.
    """
    _check_lengths(file)
    wanted = tag.upper()
    path: list[Element] = []
    inside, within = 0, 0  # depth at which the element wanted began, elements in it so far
    for event, element in _events(file):
        if event == "start":
            path.append(element)
            if len(path) > DEEPEST:
                raise RecordsError(file.name, f"is more than {DEEPEST} levels deep, expected a return")
            element.tag = _local(element.tag)
            if not inside and element.tag.upper() == wanted:
                inside, within = len(path), 0
            within += 1
            if inside and within > MOST_WITHIN:
                raise RecordsError(file.name, f"has more than {MOST_WITHIN:,} elements in one {wanted}, expected a return")
            continue
        path.pop()
        if inside and len(path) >= inside:
            continue  # part of the element that is to be yielded
        if inside:
            yield element
            inside = 0
        element.clear()
        if path:
            path[-1].remove(element)


def _events(file: RecordFile) -> Iterator[tuple[str, Element]]:
    """Yield starts and ends of elements; faults of the parser are told as ours, without what the file says."""
    if not file.content.strip():
        raise RecordsError(file.name, "is empty, expected XML")
    try:
        yield from iterparse(io.BytesIO(file.content), ("start", "end"), forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except defusedxml.DefusedXmlException as fault:
        what = {"DTDForbidden": "a document type", "EntitiesForbidden": "entities"}.get(type(fault).__name__, "a reference to another file")
        raise RecordsError(file.name, f"declares {what}, which no return does; refused: it may be made to do harm") from None
    except ParseError as fault:
        raise RecordsError(file.name, "is not XML that can be read (broken off, or not well-formed); export it again", fault.position[0]) from None
    except (LookupError, UnicodeError, ValueError) as fault:
        if isinstance(fault, RecordsError):
            raise
        raise RecordsError(file.name, "is in an encoding that is not known, or not the one it declares; expected UTF-8") from None


def _check_lengths(file: RecordFile) -> None:
    """Refuse a file in which one tag and the next are far apart, before a parser collects what is between them."""
    content = np.frombuffer(file.content, dtype=np.uint8)
    last = 0
    for start in range(0, len(content), SLICE):
        marks = np.flatnonzero(content[start : start + SLICE] == ord("<")) + start
        gaps = np.diff(marks, prepend=last, append=min(start + SLICE, len(content)))
        if gaps.max() > LONGEST_TEXT:
            raise RecordsError(file.name, f"has a text, tag or comment of more than {LONGEST_TEXT:,} bytes, expected a return")
        last = int(marks[-1]) if len(marks) else last


def _local(tag: str) -> str:
    """Return a name without its namespace."""
    return tag.rsplit("}", 1)[-1]
