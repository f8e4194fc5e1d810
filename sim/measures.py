"""The table of measures: what is counted, of whom, when, and by which rule of the Department for Education.

Every count comes from a run's tally through `sim.counting.Counts`. Percentages are ratios of two counts, formed after
areas and months have been added up, so a region's share is that of its children, not a mean of its authorities'
shares.
"""

from sim.measure import Measure
from sim.measures_capacity import CAPACITY
from sim.measures_care import CARE
from sim.measures_children import CHILDREN_FIRST
from sim.measures_distance import WHERE
from sim.measures_money import MONEY
from sim.measures_need import NEED

MEASURES: dict[str, Measure] = {m.name: m for m in (*NEED, *CARE, *WHERE, *CAPACITY, *MONEY, *CHILDREN_FIRST)}
COUNTED = tuple(name for name, m in MEASURES.items() if m.count is not None)
RATIOS = tuple(name for name, m in MEASURES.items() if m.ratio_of is not None)
HEADLINES = tuple(name for name, m in MEASURES.items() if m.headline)
