"""The page: choose at the side, preview at once, run, compare, open a finished folder, download. Streamlit runs it anew at every change."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import streamlit as st

from outputs.dashboard import form, showing
from outputs.dashboard.choosing import Question
from outputs.dashboard.downloads import Files
from outputs.dashboard.preview import YEARS, Previewer, ends
from outputs.dashboard.running import Job
from outputs.dashboard.services import Services
from scenarios.wording import listed
from sim.experiment import run_experiment

LOGGER = logging.getLogger(__name__)
POLL_SECONDS = 0.5
AT_ONCE_SECONDS = 2.0  # a preview that takes no longer is there without a word that it is being worked out
WORDS = """Compare reforms of children's services with current plans, for one authority or several. Choose at the side; in a narrow window the button
with two arrows at the top left opens it. Nothing you choose here is kept or sent anywhere."""


@st.cache_resource(show_spinner=False)
def previewer() -> Previewer:
    """Return what works out previews, with what it has kept, the same for every session."""
    return Previewer()


def page(services: Services) -> None:
    """Show the page."""
    st.set_page_config(page_title="CareCurve dashboard", layout="wide", initial_sidebar_state="auto")
    st.html(showing.STYLE)
    with st.sidebar:
        question = form.ask(previewer())
    st.title("CareCurve dashboard")
    st.markdown(WORDS)
    if question is None:
        st.info("Choose an authority or a group at the side to begin. If one is chosen, mend what is marked there in red.")
    else:
        preview_section(question, services)
    run_section(question, services)
    results_section(question)
    folder_section(services)
    st.caption(f"{showing.NOT_SIMULATED} CareCurve simulates groups; it says nothing of any real child or family.")


# ---------------------------------------------------------------- preview


def preview_section(question: Question, services: Services) -> None:
    """Show the preview: at once for one authority, when asked for where it takes longer."""
    st.header("Preview")
    longer = ends(question, YEARS) < question.until
    whole = longer and st.toggle(f"All years to March {question.until[:4]} (slower; otherwise the first {YEARS})", key="all-years")
    job = _preview_job(question, None if whole else YEARS)
    if job is None:
        return
    job.wait(AT_ONCE_SECONDS)
    if job.running:  # beside the page, so that a run can be begun, or something else chosen, meanwhile
        _working(job)
        return
    if job.fault is not None:
        _say(job.fault, services)
        return
    found = job.result
    for words in showing.preview_words(found):
        st.markdown(words)
    st.html(showing.table_html(showing.preview_table(found)))
    kept, drawn = st.session_state.get("preview-picture", (None, None))
    if kept is not job:  # drawn once, and after the table, which is not to wait for it
        drawn = showing.picture(showing.preview_figure(found), "")
        st.session_state["preview-picture"] = (job, drawn)
    st.image(drawn.png, width="stretch", alt=drawn.words)
    st.caption(f"Worked out in {job.seconds:.1f} seconds. A full run says how sure it is.")


def _preview_job(question: Question, years: int | None) -> Job | None:
    """Return the preview's work, begun if what is chosen is not what it was begun for; None where it waits for a button."""
    asked = (question.where, question.reforms, question.prices, question.from_, question.until, question.seed, years)
    begun, job = st.session_state.get("preview", (None, None))
    if begun == asked:
        return job
    if job is not None:
        job.cancel()  # a slider that is dragged asks for many
    st.session_state.pop("preview", None)
    several = len(question.where.selection.areas)
    if several > 1 and not st.button(f"Preview {several} authorities", help="One authority is previewed at once; several take some seconds each."):
        return None
    job = Job(lambda report: previewer().preview(question, years, report))
    st.session_state["preview"] = (asked, job)
    return job


@st.fragment(run_every=POLL_SECONDS)
def _working(job: Job) -> None:
    """Say that the preview is being worked out, until it is there."""
    if not job.running:
        st.rerun()
    st.markdown(f"Working out the preview, {job.elapsed:.0f} seconds so far. An authority's first takes longer, and a machine's first takes minutes.")


# ---------------------------------------------------------------- the full run


def run_section(question: Question | None, services: Services) -> None:
    """Show the button that runs, or how far a run is and the button that stops it."""
    job: Job | None = st.session_state.get("job")
    if question is not None or job is not None:
        st.header("Full run")
    if job is not None and job.running:
        _progress()
        return
    if job is not None:
        _ended(job, services)
    if question is None:
        return
    st.markdown(_what(question))
    if st.button("Run", type="primary", key="run"):  # what is chosen now, not what was chosen when the button was put on the page
        _begin(question, services)
        st.rerun()


def _what(question: Question) -> str:
    """Return what a full run is of, in a line."""
    where, scenarios = question.where.selection, f"{len(question.keys)} scenarios ({listed(question.keys)})"
    several = f", {len(where.areas)} authorities" if len(where.areas) > 1 else ""
    return f"{where.label}: {question.runs} paired runs of {scenarios}, {question.from_} to {question.until}{several}."


def _begin(question: Question, services: Services) -> None:
    """Begin the run."""
    st.session_state.pop("finished", None)
    st.session_state["running"] = _what(question)

    def work(progress):
        """Run it, and make what is shown of it."""
        comparison = run_experiment(question.plan(), progress)
        told = showing.shown(comparison, services.published(comparison))
        progress(1, 1)  # the last moment to be cancelled
        return question, told, Files(services, comparison, question.files, question.command)

    st.session_state["job"] = Job(work)


@st.fragment(run_every=POLL_SECONDS)
def _progress() -> None:
    """Show how far the run is, twice a second, and the button that stops it."""
    job: Job = st.session_state["job"]
    if not job.running:
        st.rerun()
    st.markdown(st.session_state["running"])
    if job.cancelled:
        st.markdown("Stopping: the runs in hand are finished, no other is begun.")
        return
    share = job.done / job.of if job.of else 0.0
    counted = f"{job.done} of {job.of} runs" if job.of else "reading scenarios; the first run on a machine compiles for a minute or two"
    words = "making tables and pictures" if job.of and job.done == job.of else counted
    st.progress(share, text=f"Running: {words}, {job.elapsed:.0f} seconds so far")
    st.button("Stop", key="stop", on_click=job.cancel)


def _ended(job: Job, services: Services) -> None:
    """Say how the last run ended, and keep what it came to."""
    if job.fault is not None:
        _say(job.fault, services)
    elif job.result is None:
        st.info("Stopped. Nothing was kept of the run.")
    else:
        st.session_state["finished"] = job.result
        st.html(f'<p role="status">Done in {job.seconds:.0f} seconds. Results are below.</p>')


def results_section(question: Question | None) -> None:
    """Show the results of the last full run, and whether they are those of what is chosen now."""
    if "finished" not in st.session_state:
        return
    asked, told, files = st.session_state["finished"]
    st.header("Results")
    if question != asked:
        st.warning("These results are of earlier choices. Run again for what is chosen now.")
    _show(told)
    st.subheader("Take it away")
    _downloads(files, "run")
    for name, text in asked.files.items():
        st.download_button(f"Scenario {name}", text, name, "application/yaml", key=f"yaml-{name}", on_click="ignore")
    st.markdown("The same numbers from the command line, run in the folder where the scenario files are:")
    st.code(asked.command, language=None, wrap_lines=True)


# ---------------------------------------------------------------- a finished folder


def folder_section(services: Services) -> None:
    """Ask for a finished folder, and show it."""
    st.header("Open a finished folder")
    path = st.text_input(
        "Folder of carecurve run or compare, on this machine", services.first_folder, key="folder", placeholder="runs/leeds-baseline-early-help",
    ).strip()  # fmt: skip
    if not path:
        return
    try:
        with st.spinner("Opening …"):
            told, files = _opened(path, _changed(path), services)
    except Exception as fault:  # said beside the field, whoever is at fault; the page goes on
        _say(fault, services)
        return
    _show(told)
    _downloads(files, "folder")


def _changed(path: str) -> float:
    """Return when a folder last changed, so that one written anew is read anew."""
    folder = Path(path).expanduser()
    return folder.stat().st_mtime if folder.exists() else 0.0


@st.cache_resource(show_spinner=False, max_entries=4)
def _opened(path: str, changed: float, _services: Services) -> tuple[showing.Shown, Files]:
    """Return what is shown of a folder, and its files; kept until the folder changes."""
    folder = Path(path).expanduser()
    comparison = _services.open_folder(folder)
    texts = {name: text for one in comparison.scenarios for name, text in one.metadata.get("texts", {}).items() if Path(name).stem == one.scenario}
    return showing.shown(comparison, _services.published(comparison)), Files(_services, comparison, texts, "", folder)


# ---------------------------------------------------------------- what both show


def _show(told: showing.Shown) -> None:
    """Show sentences, warnings, tables and pictures."""
    st.subheader(told.title)
    for words in told.sentences:
        st.markdown(f"- {words}")
    for words in told.warnings:
        st.warning(words)
    for table in told.tables:
        st.html(showing.table_html(table))
    for drawn in told.pictures:
        st.image(drawn.png, drawn.caption, width="stretch", alt=drawn.words)


def _downloads(files: Files, key: str) -> None:
    """Offer report, workbook and tables; each is made when it is asked for."""
    label = time.strftime("%Y-%m-%d")
    st.markdown("The report and the workbook take some seconds to make after you press the button.")
    for words, make, name, kind in (
        ("Report (HTML)", files.report, f"carecurve-report-{label}.html", "text/html"),
        ("Workbook (Excel)", files.workbook, f"carecurve-{label}.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("Tables (zip of CSV files)", files.tables, f"carecurve-{label}.zip", "application/zip"),
    ):
        st.download_button(words, make, name, kind, key=f"{key}-{name}", on_click="ignore")


def _say(fault: Exception, services: Services) -> None:
    """Say what a user got wrong; a fault of the program is told too, with its traceback where the dashboard was started, and the page goes on."""
    if services.is_user_error(fault):
        st.error(str(fault))
        return
    LOGGER.error("the dashboard failed", exc_info=fault)
    st.error(f"The program failed ({type(fault).__name__}: {fault}). The window in which the dashboard was started tells where.")
