"""Identifiers of children are replaced, as they are read, by hashes under a key that is made for one import and never kept.

So the same child is one child across the tables and returns of an import (care, need, costs), and nothing that outlives the import can be matched
to a record: not to another import's either. Nothing that is computed depends on a hash's value (children are put in order by what is known of
them), so the key needs no seed and results do not change with it.
"""

import hashlib
import os

import pandas as pd

HASH_BYTES = 16


class Pseudonyms:
    """Keyed hashes of identifiers (BLAKE2b, RFC 7693), under a key of this import alone."""

    def __init__(self) -> None:
        self._key = os.urandom(32)  # of the operating system: it decides no result

    def of(self, identifiers: pd.Series) -> pd.Series:
        """Return hashes (hexadecimal text) of identifiers as text; blanks around them and case do not count, an empty one stays empty."""
        numbers, spellings = pd.factorize(identifiers)
        hashed = pd.Series([self.one(spelling) for spelling in spellings], dtype=object)
        return pd.Series(hashed.to_numpy()[numbers], index=identifiers.index)

    def one(self, identifier: str) -> str:
        """Return the hash of an identifier."""
        text = str(identifier).strip().upper()
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=HASH_BYTES).hexdigest() if text else ""
