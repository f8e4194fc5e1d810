"""The lever on capacity that no authority owns: courts' sitting days, places in secure children's homes."""

from typing import ClassVar

from scenarios.actions import Action
from scenarios.actions_of_places import NationalBody, NationalCapacity
from scenarios.lever_base import Lever, UncertainPositive
from scenarios.pathway_schema import Pathway
from scenarios.quantities import WholeNumber
from scenarios.timeline import MonthSeries


class NationalCapacityLever(Lever):
    """More, or fewer, sitting days of courts or places in secure children's homes, everywhere.

    Mechanism: `courts`: capacity against which open proceedings press, so that weeks shorten or lengthen as the setting `courts` says.
    `secure_homes`: places of the nation. The chance that one is found at once becomes 1 - (1 - chance) ** ratio, and those who wait are offered
    one `ratio` times as often.

    Parameters: `of`; `ratio` to the capacity without the lever (above 0), reached over `ramp_months`. It costs authorities nothing: courts and
    secure places are bought elsewhere, and weeks in secure homes are paid for as they are used.

    Evidence: none of effect; weeks fell from 45 to 29 in two years once the law set a limit of 26 (2012 to 2014).
    """

    kind: ClassVar[str] = "national_capacity"
    of: NationalBody
    ratio: UncertainPositive
    ramp_months: WholeNumber = 0

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return the change of capacity."""
        return (NationalCapacity(f"{self.name}.ratio", self.of, self.ratio, MonthSeries.window(self.start, self.ramp_months)),)
