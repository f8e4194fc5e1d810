"""The published measures a fit aims at or is judged by, each tied to the simulation's measure that counts the same thing.

Unit, role (ruling 29) and the Department's counting rule are those of `sim.measures.MEASURES`; nothing is said twice. What is added here is how
noisy a count is: which groups of children it moves with, and how fast a stock turns over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.measure import CEASED_AGES, START_AGES, Measure
from sim.measures import MEASURES

Kind = Literal["flow", "stock", "share", "level"]


@dataclass(frozen=True)
class TargetMeasure:
    """A published measure.

    Attributes
    ----------
    name : str
        Name of the target, and of the measure of `sim.measures.MEASURES` that counts the same thing (`simulated`).
    column : str or None
        Column of the panel; None where it is worked out (children in care without unaccompanied ones).
    kind : str
        `flow`, `stock`, `share` (a percentage) or `level` (a mean).
    of : str
        Which children it counts, for the traps that hold: `front door`, `need`, `protection`, `care`, `placement`, `uasc`, `court`.
    base : str or None
        Of a share: the column it is a percentage of. Of a stock: the column of the flow out of it, for how long children stay.
    role : str
        `input`, `fitted` or `outcome`.
    """

    name: str
    column: str | None
    kind: Kind
    of: str
    base: str | None = None
    role: str = ""

    @property
    def simulated(self) -> Measure:
        """The measure of a simulation that counts the same."""
        return MEASURES[self.name]


def _from_table(name: str, kind: Kind, of: str, base: str | None = None) -> TargetMeasure:
    """Return a target with column and role as `MEASURES` states them."""
    measure = MEASURES[name]
    return TargetMeasure(name, measure.published, kind, of, base, measure.role)


def _ages(prefix: str, ages: tuple[str, ...]) -> tuple[TargetMeasure, ...]:
    """Return the targets of a flow by age band."""
    return tuple(_from_table(f"{prefix}_{age}", "flow", "care") for age in ages)


FRONT_DOOR = (
    _from_table("referrals", "flow", "front door"),
    _from_table("rereferral_pct", "share", "front door", "referrals"),
    _from_table("nfa_pct", "share", "front door", "referrals"),
    _from_table("not_in_need_pct", "share", "front door", "referrals"),
    _from_table("assessments", "flow", "need"),
)
PROTECTION = (
    _from_table("s47", "flow", "protection"),
    _from_table("icpc", "flow", "protection"),
    _from_table("cpp_started", "flow", "protection"),
    _from_table("cpp_ended", "flow", "protection"),
    _from_table("cpp_at31", "stock", "protection", "cpp_ended"),
    _from_table("cpp_subsequent_pct", "share", "protection", "cpp_started"),
)
NEED = (_from_table("cin_at31", "stock", "need", "cin_ended"),)
CARE = (
    _from_table("cla_started", "flow", "care"),
    _from_table("cla_ceased", "flow", "care"),
    _from_table("cla_at31", "stock", "care", "cla_ceased"),
    TargetMeasure("cla_started_non_uasc", None, "flow", "care", role="outcome"),
    TargetMeasure("cla_ceased_non_uasc", None, "flow", "care", role="outcome"),
    TargetMeasure("cla_at31_non_uasc", None, "stock", "care", "cla_ceased", role="outcome"),
    _from_table("uasc_at31", "stock", "uasc"),
    *_ages("cla_started", START_AGES),
    *_ages("cla_ceased", CEASED_AGES),
    _from_table("adopted", "flow", "care"),
    _from_table("sgo", "flow", "care"),
)
PLACEMENTS = tuple(
    _from_table(f"{group}_pct", "share", "placement", "cla_at31") for group in ("foster", "childrens_home", "supported", "with_parents")
)
COURT = (TargetMeasure("court_weeks", None, "level", "court", role="input"),)  # England's, from national.csv
TARGETS: dict[str, TargetMeasure] = {target.name: target for target in (*FRONT_DOOR, *PROTECTION, *NEED, *CARE, *PLACEMENTS, *COURT)}
OF_CHILDREN_IN_NEED = ("front door", "need", "protection")  # from the children in need census
