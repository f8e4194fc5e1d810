"""The lever of the Families First Partnership: family help and protection as the ring-fenced grant buys them."""

from typing import ClassVar

from scenarios.actions import Action
from scenarios.lever_parts import Change, EffectOnReached, Programme, Reach, Targets, capacity
from scenarios.pathway_schema import Pathway


class FamiliesFirst(Programme):
    """The Families First Partnership: one Family Help with a lead practitioner, bought with a ring-fenced grant.

    Mechanism: of families referred, the grant reaches `reach` more than were reached before; entry to care becomes rarer for them (`entry`). At first
    more is found, because somebody is looking (`enquiries`). Until its posts are filled it takes workers from the authority's own teams
    (`teams_capacity`). The pathway's change itself (Family Help replaces child in need) is the setting
    `policy.families_first`.

    Parameters: `reach` (share of families in an episode beyond those reached before, fidelity), `entry` (hazard ratio, needs), `targets`, `enquiries`
    (ratio, for everyone, for a time), `teams_capacity` (ratio, for a time), `costs`.

    Evidence: no impact estimate of the pathfinders or the programme exists. Troubled Families, matched comparison: 1.7 % against 2.5 % looked after
    (0.68) as the best case; area spending: nothing after 2014/15; randomised tests of single parts: none. More plans for 6 to 18 months.
    """

    kind: ClassVar[str] = "families_first"
    overlaps: ClassVar[tuple[str, ...]] = ("families_first", "family_help")
    reach: Reach
    entry: EffectOnReached
    targets: Targets = ("care_entry",)
    enquiries: Change
    teams_capacity: Change | None = None

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return the effect on those reached, more enquiries for a time, workers lent, and the costs."""
        more = self.enquiries.rates(f"{self.name}.enquiries", ("s47",), self.start)
        staff = capacity(self.name, self.teams_capacity, self.start)
        return (*self.reach.effects(self, "entry", self.targets, self.entry), more, *staff, *self.cost_actions(self.reach.series(self.start)))
