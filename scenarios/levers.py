"""The levers a scenario file may use: family help and Regional Care Cooperatives, and those of the other files named `..._lever` and `levers_...`."""

from itertools import pairwise
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator, model_validator

from scenarios.actions import EVERYONE, Action, Cost, HelpEffect, SetRate, SharedBy, Whom
from scenarios.actions_of_places import AddPlaces, AddSupply, Pool, PriceGain
from scenarios.capacity_lever import NationalCapacityLever
from scenarios.distributions import Distribution
from scenarios.kinship_lever import Kinship
from scenarios.lever_base import ByMonth, Lever, Uncertain, UncertainAmount, UncertainPositive, UncertainShare
from scenarios.lever_parts import Change, capacity
from scenarios.levers_early import EdgeOfCare, FamilyHubs, FamilySupportBudget, Poverty, RecurrentRemoval, RiskOutsideHome
from scenarios.levers_generic import ChangeQuantity
from scenarios.levers_permanence import AdoptionTimeliness, CareLeavers, KinshipDeregulation, ReunificationSupport, StepDown
from scenarios.levers_policy import FamiliesFirst
from scenarios.levers_protection import CourtTimeliness, FamilyGroupDecisions, ParentalRepresentation, ProtectionTeams, WeakerReview
from scenarios.levers_shocks import Shock
from scenarios.levers_supply import CareStandards, Fostering, ProfitCap, SecurePlaces
from scenarios.levers_workforce import WorkforceReform
from scenarios.pathway_schema import Pathway
from scenarios.quantities import BY_NEEDS, Frozen, NonNegative, Share, Text, WholeNumber
from scenarios.schema import Month
from scenarios.timeline import MonthSeries, add_months, month_index

DAYS_PER_YEAR = 365.25


class Effect(Frozen):
    """The effect on one group of transitions, by months since admission.

    Attributes
    ----------
    hazard_ratio
        On those admitted, at full fidelity.
    from_months, until_months
        When it acts.
    builds_over_months, fades_over_months
        It rises to full strength over the first months of the window and falls to nothing over the last, in steps of
        six months at most.
    strength_by_needs
        How much of it acts at standard, enhanced, complex and very complex needs, as of `EffectOnReached`.
    """

    hazard_ratio: UncertainPositive
    from_months: NonNegative
    until_months: NonNegative
    builds_over_months: NonNegative = 0.0
    fades_over_months: NonNegative = 0.0
    strength_by_needs: BY_NEEDS = EVERYONE.strength_by_needs

    @model_validator(mode="after")
    def _window(self) -> "Effect":
        """Refuse an effect that ends before it starts, or builds up and fades for longer than it lasts."""
        if self.until_months <= self.from_months:
            raise ValueError(f"until_months: {self.until_months:g} is not after from_months {self.from_months:g}")
        if self.builds_over_months + self.fades_over_months > self.until_months - self.from_months:
            raise ValueError("builds_over_months: with fades_over_months it is longer than the effect lasts")
        return self

    def windows(self) -> list[tuple[float, float, float]]:
        """Return (from month, until month, strength) pieces, strength being that of the middle of the piece."""
        edges = {self.from_months, self.until_months}
        for start, length in (
            (self.from_months, self.builds_over_months),
            (self.until_months - self.fades_over_months, self.fades_over_months),
        ):
            steps = -(-length // 6)
            edges |= {start + length * step / steps for step in range(int(steps) + 1)} if steps else set()
        ordered = sorted(edges)
        return [(a, b, self._strength((a + b) / 2)) for a, b in pairwise(ordered)]

    def _strength(self, month: float) -> float:
        """Return the share of the full effect at a month since admission (0 to 1)."""
        built = (month - self.from_months) / self.builds_over_months if self.builds_over_months else 1.0
        left = (self.until_months - month) / self.fades_over_months if self.fades_over_months else 1.0
        return min(1.0, built, left)


class FamilyHelp(Lever):
    """Investment in intensive family help: places bought with money and offered to families in need.

    Mechanism: spending buys places (spend / cost per family * mean dwell), which open over `ramp_months` after each
    rise in spend while the money is spent from the start (recruitment, training). Until its posts are filled it takes workers from the authority's
    own teams (`teams_capacity`), which slows them.
    Families in need are offered a place at a stated rate, wait for it, and once admitted have their hazards
    multiplied for some months: fewer enter care, the easiest first; for a while more enquiries open, because somebody is
    looking. Reach is what the places allow.

    Parameters: `spend_gbp_per_child_per_year` (£ per child aged 0-17 and year, by month, on top of the baseline's
    family support),
    `cost_per_family_gbp`, `ramp_months`, `offers_per_year` (per family in the stage named), `fidelity` (share of the
    effect delivered),
    `effects` (group of transitions: hazard ratio, when it acts, in months since admission, and on which needs), `teams_capacity` (ratio, for a time).

    Evidence: moderate. National evaluation of Troubled Families (matched comparison, 1.7 % against 2.5 % looked after
    at 19-24 months; more child protection plans at 7-18 months); area spending shows no effect after 2014/15;
    multisystemic therapy and social workers in schools, both randomised, showed none.
    """

    kind: ClassVar[str] = "family_help"
    overlaps: ClassVar[tuple[str, ...]] = ("family_help", "families_first")
    place: Text = "intensive_family_help"
    ramp_months: WholeNumber
    spend_gbp_per_child_per_year: ByMonth = Field(min_length=1)
    cost_per_family_gbp: UncertainPositive
    offers_per_year: dict[Text, UncertainAmount]
    fidelity: UncertainShare
    effects: dict[Text, Effect]
    teams_capacity: Change | None = None
    reach: Any = None

    @field_validator("reach")
    @classmethod
    def _places_decide(cls, reach: Any) -> None:
        """Refuse a reach."""
        raise ValueError("is given together with places, expected only one: reach is what the places allow")

    @model_validator(mode="after")
    def _spend_from_start(self) -> "FamilyHelp":
        """Refuse a start after the first spending."""
        first = min(self.spend_gbp_per_child_per_year, key=month_index)
        if month_index(first) < month_index(self.start):
            raise ValueError(f"start: {self.start} is after the first spending in {first}")
        return self

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return places, offers, effects and the spending."""
        places = MonthSeries.of(self.spend_gbp_per_child_per_year, self.start, self.ramp_months)
        opened = [stage for stage, item in pathway.stages.items() if item.needs and item.needs.place == self.place]
        dwell = pathway.mean_days(opened[0]) / DAYS_PER_YEAR if opened else 0.0
        found: list[Action] = [
            AddPlaces(
                f"{self.name}.places",
                self.place,
                "spend_gbp_per_child_per_year",
                places,
                self.cost_per_family_gbp,
                dwell,
            )
        ]
        for target, rate in self.offers_per_year.items():
            found.append(SetRate(f"{self.name}.{target}", target, rate, self.start))
        for group, effect in self.effects.items():
            name, whom = f"{self.name}.{group}", Whom(strength_by_needs=effect.strength_by_needs)
            found += [
                HelpEffect(name, self.place, (group,), effect.hazard_ratio, self.fidelity, start, end, strength, whom)
                for start, end, strength in effect.windows()
            ]
        found += capacity(self.name, self.teams_capacity, self.start)
        spending = MonthSeries.of(self.spend_gbp_per_child_per_year, self.start)
        found.append(
            Cost(
                name=f"{self.name}.spend",
                line=self.name,
                label="Intensive family help",
                payer=self.payer,
                funded_by=self.funded_by,
                basis="gbp_per_child_0_17_per_year",
                amount=Distribution.fixed(1.0),
                series=spending,
                start=self.start,
            )
        )
        return tuple(found)


class AuthorityHomes(Frozen):
    """Children's homes a cooperative opens, owned by its authorities: capacity that is new, told apart from pooling and price.

    Attributes
    ----------
    places_per_authority
        Registered places for each authority; the share of them that the pathway calls usable can be used.
    from_
        The month in which they are begun, and capital is spent (`from` in YAML).
    months_to_register
        From then to their opening.
    capital_gbp_per_place
        Pounds a registered place, once. What a week there costs is the price of the authority's own homes.
    place
        The kind of place they are.
    """

    places_per_authority: NonNegative
    from_: Month = Field(alias="from")
    months_to_register: Annotated[WholeNumber, Field(le=120)]
    capital_gbp_per_place: UncertainAmount
    place: Text = "authority_childrens_home"


class RegionalCareCooperative(Lever):
    """A Regional Care Cooperative: authorities of a region commission placements as one customer and share places.

    Mechanism: after `set_up_months` the authorities pool a part of each kind of place (`pooled_shares`; foster carers
    stay with their authority) and each `bought` placement let from then on costs `price_gain` less while it lasts:
    those there before keep their price until the child moves or leaves. Pooling makes no place; `authority_homes`,
    none by default, are places made. Costs come first: setting up, then running cost, with the authorities' own
    commissioning teams running alongside for `double_running_months`.

    Parameters: shares 0 to 1; `price_gain` a share of the price (below 0: dearer); pounds per authority (and year);
    `shared_by`: how the authorities divide those pounds (equally, or by children in care or aged 0-17; as much in all).

    Evidence: none of effect. Phase 1 of the pathfinders' evaluation is feasibility and process; no savings estimate
    exists. The competition authority backed regional commissioning but called lack of supply the fundamental issue.
    """

    kind: ClassVar[str] = "regional_care_cooperative"
    set_up_months: WholeNumber
    double_running_months: WholeNumber
    pooled_shares: dict[Text, Share]
    bought: tuple[Text, ...] = Field(min_length=1)
    price_gain: Uncertain
    set_up_gbp_per_authority: UncertainAmount
    running_gbp_per_authority_per_year: UncertainAmount
    double_running_gbp_per_authority_per_year: UncertainAmount
    shared_by: SharedBy = "authority"
    authority_homes: AuthorityHomes | None = None

    @model_validator(mode="after")
    def _shared_in_a_region(self) -> "RegionalCareCooperative":
        """Refuse a key for authorities that share no place: nothing makes them one region."""
        if self.shared_by != "authority" and not any(share > 0 for share in self.pooled_shares.values()):
            raise ValueError(f"shared_by: is {self.shared_by}, but no place is pooled; expected authority, or a share above 0 in pooled_shares")
        return self

    @model_validator(mode="after")
    def _homes_follow_start(self) -> "RegionalCareCooperative":
        """Refuse homes begun before there is a cooperative."""
        if self.authority_homes and month_index(self.authority_homes.from_) < month_index(self.start):
            raise ValueError(f"authority_homes: are begun in {self.authority_homes.from_}, before the start {self.start}")
        return self

    @model_validator(mode="after")
    def _gain_is_a_share(self) -> "RegionalCareCooperative":
        """Refuse a price gain given in per cent."""
        low, high = self.price_gain.bounds
        if low < -0.5 or high > 0.5:
            raise ValueError(f"price_gain: can be {low:g} to {high:g}, expected a share of the price such as 0.02")
        return self

    def actions(self, pathway: Pathway) -> tuple[Action, ...]:
        """Return pooling, the price gain, and the costs."""
        works = add_months(self.start, self.set_up_months)
        double = self.double_running_gbp_per_authority_per_year
        double_until = add_months(self.start, self.double_running_months)
        return (
            Pool(f"{self.name}.pool", works, tuple(sorted(self.pooled_shares.items()))),
            PriceGain(f"{self.name}.price", self.bought, self.price_gain, MonthSeries.window(works)),
            self._cost("set_up", "RCC set-up", "gbp_once_per_authority", self.set_up_gbp_per_authority),
            self._cost("running", "RCC running", "gbp_per_year_per_authority", self.running_gbp_per_authority_per_year),
            self._cost("double_running", "RCC double running", "gbp_per_year_per_authority", double, double_until),
            *self._homes(),
        )

    def _homes(self) -> tuple[Action, ...]:
        """Return new homes and their capital, if any."""
        homes = self.authority_homes
        if homes is None or homes.places_per_authority == 0.0:
            return ()
        places = MonthSeries.of(homes.places_per_authority, homes.from_)
        capital = Cost(
            f"{self.name}.homes_capital", f"{self.name}_homes_capital", "RCC homes: capital, once", self.payer, self.funded_by,
            "gbp_once_per_authority", homes.capital_gbp_per_place, places, homes.from_,
        )  # fmt: skip
        return AddSupply(f"{self.name}.homes", homes.place, "authority", places, homes.months_to_register), capital

    def _cost(self, part: str, label: str, basis: str, amount: Distribution, end: str | None = None) -> Cost:
        """Return one line of cost, level from the start to its end."""
        always = MonthSeries.of(1.0, self.start)
        name, line = f"{self.name}.{part}", f"{self.name}_{part}"
        return Cost(name, line, label, self.payer, self.funded_by, basis, amount, always, self.start, end, shared_by=self.shared_by)


ALL = (
    FamilyHelp, RegionalCareCooperative, Kinship, NationalCapacityLever, FamilyHubs, FamilySupportBudget, EdgeOfCare, RecurrentRemoval,
    RiskOutsideHome, Poverty, ProtectionTeams, FamilyGroupDecisions, ParentalRepresentation, CourtTimeliness, WeakerReview, ReunificationSupport,
    StepDown, AdoptionTimeliness, KinshipDeregulation, CareLeavers, FamiliesFirst, Fostering, ProfitCap, CareStandards, SecurePlaces,
    WorkforceReform, Shock, ChangeQuantity,
)  # fmt: skip
LEVERS: dict[str, type[Lever]] = {lever.kind: lever for lever in ALL}
