"""Which years a set of profiles rests on: those shipped, or those known at a vintage."""

from __future__ import annotations

from dataclasses import dataclass, replace

from calibration.vintage import file_is_known


@dataclass(frozen=True)
class ProfileYears:
    """The years of a set of profiles.

    Attributes
    ----------
    last_year : int
        Inputs (what happened to an authority rather than what it did) run to this year ending 31 March; prices are of it.
    rate_years : tuple of int
        Rates are pooled over these years ending 31 March.
    vintage : int or None
        Nothing is read that was not known then (`calibration.vintage`); None: everything published.
    """

    last_year: int = 2025
    # The year ending March 2025 is held out to test the shipped model.
    rate_years: tuple[int, ...] = (2022, 2023, 2024)
    vintage: int | None = None
    first_year: int = 2013  # of the panel

    @classmethod
    def at(cls, vintage: int, rate_years: tuple[int, ...] | None = None) -> ProfileYears:
        """Return the years of a vintage: its last year is known, so rates are of the last three, unless others are given."""
        years = rate_years or (vintage - 2, vintage - 1, vintage)
        late = [year for year in years if year > vintage]
        if late:
            raise ValueError(f"rate years {late} are later than the vintage {vintage}")
        return cls(vintage, tuple(sorted(years)), vintage)

    def from_year(self, first: int) -> ProfileYears:
        """Return the same without rate years before the first of a panel."""
        kept = tuple(year for year in self.rate_years if year >= first)
        return replace(self, rate_years=kept or (self.last_year,), first_year=first)

    @property
    def mix_years(self) -> tuple[int, ...]:
        """The years whose shares of placements are pooled: the last two rate years."""
        return self.rate_years[-2:]

    @property
    def last_workforce_year(self) -> int:
        """The last row of the workforce census, of 30 September: at a vintage that of the year before (not before the panel begins)."""
        return self.last_year if self.vintage is None else max(self.vintage - 1, self.first_year)

    @property
    def price_base(self) -> str:
        """The financial year of the last year, as `2024-25`."""
        return f"{self.last_year - 1}-{self.last_year % 100:02d}"

    @property
    def rate_span(self) -> str:
        """First and last rate year, as `2022-2024`."""
        return f"{self.rate_years[0]}-{self.rate_years[-1]}"

    def knows(self, file: str) -> bool:
        """Tell whether a file of one date may be read."""
        return file_is_known(file, self.vintage)


SHIPPED = ProfileYears()
