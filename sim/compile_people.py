"""Compile who families and children are, and the stages and draws that the engine's rules name."""

from __future__ import annotations

import numpy as np

from scenarios.names import name_hash
from scenarios.pathway_arrivals import STREAM_NAMES
from scenarios.pathway_schema import Pathway
from sim.compile_pathway import Names
from sim.kernels import layout as L

NO_STAGE = -9  # a stage the engine's rules name and this pathway has not: `scenarios.pathway_rules` sees that nothing leads there


def people(pathway: Pathway, names: Names) -> dict[str, np.ndarray]:
    """Return who families and children are."""
    families = pathway.families
    streams = list(pathway.streams.values())
    longest = max([1, *(len(stream.ages_years.values) for stream in streams if stream.ages_years)])
    ages, start = np.ones((L.STREAMS, longest, 2)), np.full((L.STREAMS, 2), -1, np.int64)
    for name, stream in pathway.streams.items():
        i = STREAM_NAMES.index(name)
        if stream.ages_years:
            count = len(stream.ages_years.values)
            ages[i, :count, 0] = np.cumsum(stream.ages_years.shares)
            ages[i, :count, 1] = stream.ages_years.values
        if stream.arrives_at:
            start[i, 0] = names.stages.index(stream.arrives_at)
        else:
            start[i, 1] = names.stages.index(stream.arrives_in_care.legal_status)
    gap, births, siblings = families.sibling_gap_years, families.later_births, families.siblings_entering_care
    young = families.youngest_age_years
    put = next((stage.staying_put.share for stage in pathway.stages.values() if stage.staying_put), 0.0)
    rule = next((stage.eligibility.days_after_14 for stage in pathway.stages.values() if stage.eligibility), 91)
    return {
        "children_cdf": np.cumsum(families.children.shares if families.children else (1.0,)),
        "age_bands": np.array(young.bands if young else (0.0, 1.0), float), "age_cdf": np.cumsum(young.shares if young else (1.0,)),
        "needs_cdf": np.cumsum(families.needs_shares),
        "stream_ages": ages, "arrival_stage": start,
        "parameters": np.array([*((gap.low, gap.high) if gap else (0.0, 0.0)),
                                *((births.per_year, births.until_youngest_years) if births else (0.0, 0.0)),
                                *((siblings.all_enter, siblings.each_enters) if siblings else (1.0, 1.0)), float(rule), put]),
        "key_stages": np.array([names.stages.index(name) if name in names.stages else NO_STAGE for name in L.STAGE_KEYS], np.int64),
        "names": np.array([name_hash(name) for name in L.DRAW_NAMES], np.int64),
    }  # fmt: skip
