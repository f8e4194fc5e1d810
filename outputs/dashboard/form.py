"""What is asked for at the side of the page: authority or group, reforms and their settings, prices, horizon, runs. Every field has a label."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from outputs.dashboard.choosing import (
    BASELINE,
    MOST_SCENARIOS,
    Choice,
    Question,
    Where,
    authorities_listed,
    choice_of,
    frozen,
    groups_listed,
    reforms_listed,
)
from outputs.dashboard.preview import Previewer
from outputs.dashboard.settings import Setting, price_settings, settings_of
from outputs.report.words import figure
from scenarios.faults import ScenarioError
from scenarios.loading import load
from scenarios.timeline import year_ending

ONE, GROUP = "One authority", "A region or group"
NONE = ""
FIRST_REFORM = "early-help"
LAST_YEAR = 2045
FEWEST_RUNS, MOST_RUNS = 2, 500
DECIMALS = 4
RATIOS = "1 changes nothing; below 1, it happens less often."


@st.cache_data(show_spinner=False)
def reforms() -> dict[str, str]:
    """Return the reforms of the library, by what they are called."""
    return dict(sorted(reforms_listed().items(), key=lambda item: item[1].casefold()))


@st.cache_data(show_spinner=False)
def sliders_of(scenario: str) -> list[Setting]:
    """Return what can be moved of a reform, or, of the baseline, the prices."""
    return price_settings(load(scenario)) if scenario == BASELINE else settings_of(load(scenario))


def ask(previewer: Previewer) -> Question | None:
    """Show the fields and return what was asked; None if a field has to be mended first, which is then said beside it."""
    st.header("What to compare")
    where = _where()
    prices = _prices()
    choices, sound = [], True
    for number in range(1, MOST_SCENARIOS):
        choice = _reform(number)
        if choice is not None:
            sound &= _checked(previewer, choice, prices)
            choices.append(choice)
    settings = load(BASELINE).settings
    until, runs, seed = _how_long(settings.from_, settings.until, settings.replicates)
    if where is None or not sound:
        return None
    return Question(where, tuple(choices), prices, settings.from_, until, runs, seed)


def _where() -> Where | None:
    """Ask for an authority or a group; none is chosen at first, so that nothing is worked out that nobody asked for."""
    kind = st.radio("Run", (ONE, GROUP), horizontal=True, key="kind")
    if kind == ONE:
        name = st.selectbox("Authority", authorities_listed(), index=None, placeholder="Choose an authority", key="authority")
        return Where(name) if name else None
    groups = groups_listed()
    name = st.selectbox("Region or group", list(groups), index=None, placeholder="Choose a region or group", format_func=groups.get, key="group")
    return Where(name, together=True) if name else None


def _reform(number: int) -> Choice | None:
    """Ask for one reform and its settings."""
    listed = reforms()
    options = list(listed) if number == 1 else [NONE, *listed]
    start = options.index(FIRST_REFORM) if number == 1 else 0
    st.subheader(f"Reform {number}" + ("" if number == 1 else " (if you want another)"))
    scenario = st.selectbox(
        f"Reform {number}", options, index=start, key=f"reform-{number}", format_func=lambda name: listed[name].split(". ")[0] if name else "None",
        label_visibility="collapsed",
    )  # fmt: skip
    if not scenario:
        return None
    name, _, words = listed[scenario].partition(". ")
    st.caption(words or name)
    settings = sliders_of(scenario)
    moved = _sliders([one for one in settings if one.main], f"{number}-{scenario}")
    if others := [one for one in settings if not one.main]:
        with st.expander(f"{len(others)} more settings of reform {number}"):
            moved |= _sliders(others, f"{number}-{scenario}")
    if not settings:
        st.caption("This scenario has no number that a slider could move.")
    return choice_of(scenario, moved)


def _prices() -> tuple:
    """Ask how prices grow: in every scenario, current plans too."""
    with st.expander("Prices of placements (in every scenario)"):
        return frozen(_sliders(sliders_of(BASELINE), "prices"))


def _sliders(settings: Sequence[Setting], key: str) -> dict:
    """Show a slider for each setting, what the register says of it below, and return what was moved."""
    moved = {}
    for one in settings:
        low, high, value, step = (round(end) if one.whole else end for end in (one.low, one.high, one.value, one.step))
        unit = f" ({one.unit})" if one.unit else ""
        shown = "%d" if one.whole else f"%.{_decimals(one)}f"
        found = st.slider(f"{one.label}{unit}", low, high, value, step, format=shown, key=f"{key}-{one.path}")
        st.caption(_about(one))
        if one.moved(found):
            moved[one.path] = one.written(found)
    return moved


def _about(one: Setting) -> str:
    """Return what the register says of a setting."""
    ratio = f" {RATIOS}" if "ratio" in one.label.casefold() or "ratio" in one.unit else ""
    source = one.source.replace("$", r"\$").replace("*", r"\*").replace("~", r"\~").replace("[", r"\[")
    return f"In the register: {figure(one.value) if one.value >= 1000 else f'{one.value:g}'} ({one.limits}); {one.status}.{ratio} Source: {source}"


def _decimals(one: Setting) -> int:
    """Return how many decimals tell a slider's steps apart."""
    return next((digits for digits in range(DECIMALS) if abs(one.step * 10**digits - round(one.step * 10**digits)) < 1e-9), DECIMALS)


def _how_long(from_: str, until: str, runs: int) -> tuple[str, int, int]:
    """Ask for horizon, runs and seed."""
    st.subheader("How far and how sure")
    first = year_ending(from_)
    year = st.slider("Run to 31 March of", first, LAST_YEAR, year_ending(until), key="until")
    number = st.number_input(
        "Paired runs", FEWEST_RUNS, MOST_RUNS, runs, key="runs",
        help="More runs tell chance from effect, and take longer. 30 are usual; 4 give a first look.",
    )  # fmt: skip
    seed = st.number_input("Seed of chance", 0, 2**32 - 1, 1, key="seed", help="The same seed gives the same numbers.")
    return f"{year}-03", int(number), int(seed)


def _checked(previewer: Previewer, choice: Choice, prices: tuple) -> bool:
    """Tell whether a reform's settings go together; say beside them what does not."""
    try:
        previewer.scenario(choice, prices)
    except ScenarioError as error:
        st.error("These settings do not go together. " + " ".join(f"{fault.path.removeprefix('set.')}: {fault.message}." for fault in error.faults))
        return False
    return True
