"""The lever on social workers: pay and posts, agency workers, time given back, turnover."""

from typing import ClassVar

from scenarios.actions import Action, AddPosts, ScaleCost, ScaleTeams
from scenarios.lever_base import UncertainAddedShare
from scenarios.lever_parts import Change, Phased, Programme
from scenarios.pathway_schema import Pathway


class PostsOpened(Phased):
    """Social workers' posts opened (below 0: cut), as a share of an authority's posts at the last census. They open vacant and have to be filled."""

    share: UncertainAddedShare


class WorkforceReform(Programme):
    """Workforce: pay and permanent posts, agency cap and phase-out, administrative time given back, caseload ceilings, early-career turnover.

    Mechanism: posts open (`posts`), fewer leave (`leavers`), vacancies fill faster (`joiners`), fewer agency workers are engaged (`agency_workers`)
    and at a lower rate (`agency_pay`); pay of all rises (`pay`); workers hold more because other work is taken from them, or less because caseloads
    have a ceiling (`teams_capacity`). Lower pressure means less delay; there is no direct effect on entry to care.

    Parameters: all optional, each phased: `posts` (share of posts), and ratios `leavers`, `joiners`, `agency_workers`, `agency_pay`, `pay`,
    `teams_capacity`; `costs`.

    Evidence: weak. Agency workers -9 % and permanent +3.7 % in the year before the rules of October 2024 (before and after); premium 40 % (30 to
    100); caseloads on re-referral not conclusive (Troncoso 2017). Headroom is smaller now: vacancies 14 % in 2025, 19 % in 2023. A phase-out ahead of
    recruitment is a cliff.
    """

    kind: ClassVar[str] = "workforce"
    overlaps: ClassVar[tuple[str, ...]] = ("workforce",)
    posts: PostsOpened | None = None
    leavers: Change | None = None
    joiners: Change | None = None
    agency_workers: Change | None = None
    agency_pay: Change | None = None
    pay: Change | None = None
    teams_capacity: Change | None = None

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return what happens to posts, to teams' capacity and to pay, and the costs."""
        found: list[Action] = []
        if self.posts:
            found.append(AddPosts(f"{self.name}.posts", self.posts.share, self.posts.phase(self.start)))
        teams = {"leavers": self.leavers, "joiners": self.joiners, "agency_workers": self.agency_workers, "capacity": self.teams_capacity}
        found += [ScaleTeams(f"{self.name}.{what}", what, change.ratio, change.phase(self.start)) for what, change in teams.items() if change]
        lines = {"social_workers": self.pay, "agency_social_workers": self.agency_pay}
        found += [ScaleCost(f"{self.name}.pay_of_{line}", line, change.ratio, change.phase(self.start)) for line, change in lines.items() if change]
        return (*found, *self.cost_actions())
