"""Money on axes and in labels: pounds written in thousands, millions or billions, with separators."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axis import Axis
from matplotlib.ticker import Formatter

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Unit:
    """A unit of money: what it is in pounds, its word, and its short form."""

    pounds: float
    word: str
    short: str

    @property
    def name(self) -> str:
        """The unit as an axis names it."""
        return f"£ {self.word}".strip()

    def text(self, value: float, signed: bool = False, bare: bool = False) -> str:
        """Return an amount of pounds in this unit: £1,120m, or 1,120 if `bare`; `signed` writes a plus too."""
        amount = abs(value) / self.pounds
        digits = f"{amount:,.{0 if amount >= 1000 or self.pounds == 1 else 1}f}"
        sign = "" if not digits.strip("0.,") else MINUS if value < 0 else "+" if signed else ""
        return sign + (digits if bare else f"£{digits}{self.short}")


# Each with the least amount it is used for: 1,150 million reads better than 1.15 billion.
UNITS = ((1e10, Unit(1e9, "billion", "bn")), (1e6, Unit(1e6, "million", "m")), (1e4, Unit(1e3, "thousand", "k")), (0.0, Unit(1.0, "", "")))


def unit_of(largest: float) -> Unit:
    """Return the unit in which amounts up to `largest` pounds, taken without sign, are written."""
    return next(unit for least, unit in UNITS if abs(largest) >= least)


class MoneyFormatter(Formatter):
    """Writes pounds in a unit, with as many decimals as tell the ticks apart."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit

    def __call__(self, value: float, position: int | None = None) -> str:
        """Return one amount by itself."""
        return self.format_ticks([value])[0]

    def format_ticks(self, values: list[float]) -> list[str]:
        """Return the labels of all ticks (pounds), alike in their decimals."""
        amounts = [value / self.unit.pounds for value in values]
        decimals = next((d for d in range(4) if all(abs(round(amount, d) - amount) < 1e-6 for amount in amounts)), 4)
        return [f"{amount:,.{decimals}f}".replace("-", MINUS) for amount in amounts]


def money_axis(axis: Axis, qualifier: str) -> Unit:
    """Label an axis that holds pounds, in a unit that suits what it shows, and return the unit.

    Parameters
    ----------
    qualifier
        What follows the unit in the label, such as `2024-25 prices`.
    """
    unit = unit_of(max(abs(end) for end in axis.get_view_interval()))
    axis.set_major_formatter(MoneyFormatter(unit))
    joined = f"{unit.name} {qualifier}" if qualifier.startswith("a ") else f"{unit.name}, {qualifier}"
    axis.set_label_text(joined)
    return unit
