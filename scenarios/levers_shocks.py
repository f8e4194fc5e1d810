"""Shocks: what happens to an authority, not what it does. One type; files say which (pandemic, price spike, inadequate judgement ...)."""

from typing import ClassVar

from pydantic import Field, model_validator

from scenarios.actions import Action, ScaleArrivals, ScaleTeams
from scenarios.actions_of_places import NationalCapacity
from scenarios.lever_parts import Change, Programme, capacity
from scenarios.levers_supply import PriceChange, SupplyChange
from scenarios.pathway_schema import Pathway
from scenarios.quantities import Text

PARTS = ("arrivals", "rates", "teams_capacity", "leavers", "agency_workers", "courts_capacity", "prices", "places")


class Shock(Programme):
    """A shock: demand, decisions, staff, courts, prices or places change for a time, whoever is in charge.

    Mechanism: each part multiplies what it names while it is in force (`after_months`, `ramp_months`, `lasts_months`, `fades_over_months`). Places
    that a provider takes with it are gone; others may open in answer to use.

    Parameters: `arrivals` (ratio by stream: `family`, `uasc`, ...), `rates` (ratio by transition or group: `s47`, `plan`, `care_entry`,
    `re_referral` ...), `teams_capacity`, `leavers`, `agency_workers` (ratios), `courts_capacity` (ratio), `prices` (rise of placements let), `places`
    (ratio by place and owner), `costs`.

    Evidence: by file. Pandemic: referrals -26 % in April 2020, -7 % over the year, all back in 2022. Judgements and child deaths: entries and plans
    + 5 to 20 % for 12 to 24 months (risk registers; assumed).
    """

    kind: ClassVar[str] = "shock"
    arrivals: dict[Text, Change] = Field(default_factory=dict)
    rates: dict[Text, Change] = Field(default_factory=dict)
    teams_capacity: Change | None = None
    leavers: Change | None = None
    agency_workers: Change | None = None
    courts_capacity: Change | None = None
    prices: dict[Text, PriceChange] = Field(default_factory=dict)
    places: tuple[SupplyChange, ...] = ()

    @model_validator(mode="after")
    def _something_happens(self) -> "Shock":
        """Refuse a shock in which nothing happens."""
        if not any(getattr(self, part) for part in PARTS):
            raise ValueError(f"nothing happens in it, expected one of {', '.join(PARTS)}")
        return self

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return what happens."""
        name, start = self.name, self.start
        found: list[Action] = [ScaleArrivals(f"{name}.{key}", key, one.ratio, one.phase(start)) for key, one in self.arrivals.items()]
        found += [one.rates(f"{name}.{key}", (key,), start) for key, one in self.rates.items()]
        found += capacity(name, self.teams_capacity, start)
        teams = {"leavers": self.leavers, "agency_workers": self.agency_workers}
        found += [ScaleTeams(f"{name}.{what}", what, one.ratio, one.phase(start)) for what, one in teams.items() if one]
        if self.courts_capacity:
            found.append(NationalCapacity(f"{name}.courts", "courts", self.courts_capacity.ratio, self.courts_capacity.phase(start)))
        found += [one.gain(f"{name}.price_{key}", start) for key, one in self.prices.items()]
        found += [one.scaled(f"{name}.places_{one.place}_{one.owner or 'all'}", "places", start) for one in self.places]
        return (*found, *self.cost_actions())
