"""What is wrong with an input file: all its faults at once, each at a line and column."""

from dataclasses import dataclass
from typing import NamedTuple

PathKey = tuple[str | int, ...]


class Complaint(NamedTuple):
    """A fault in a pathway, before it has a line and a column."""

    path: PathKey
    message: str
    at_key: bool = False


@dataclass(frozen=True)
class Mark:
    """Where an entry stands: the position of its key and of its value (lines and columns count from 1)."""

    file: str
    key_line: int
    key_column: int
    line: int
    column: int


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong, printed as `file:line:column: path: message`."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: "
        return where + (f"{self.path}: " if self.path else "") + self.message


class ScenarioError(ValueError):
    """A scenario that cannot be used, with every fault found in it."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple:
        """Return what makes it again in another process."""
        return type(self), (self.faults,)


def dotted(path: PathKey) -> str:
    """Return `('stages', 'referral', 0)` as `stages.referral.0`."""
    return ".".join(str(part) for part in path)
