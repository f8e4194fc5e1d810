"""Elements of XML returns, one at a time, through defusedxml: no document types, entities or outside files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from calibration.record_files import RecordFile, RecordsError


def elements(file: RecordFile, tag: str) -> Iterator[Element]:
    """Yield the elements of a tag, each emptied after it was used."""
    try:
        for _, element in iterparse(io.BytesIO(file.content), events=("end",), forbid_dtd=True):
            if element.tag == tag:
                yield element
                element.clear()
    except (ParseError, DefusedXmlException) as fault:
        raise RecordsError(file.name, f"is not XML that can be read ({type(fault).__name__})") from None
