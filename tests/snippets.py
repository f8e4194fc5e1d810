"""Snippets of the README and the guide: where they are, and how each is made small enough to be run by a test."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md") if "reference" not in path.parts)]
RUN = ("sh", "python", "yaml")  # languages of which every block is run
SHOWN = ("", "bibtex")  # languages of blocks that only show something
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
AREA, UNTIL = "Rutland", "2027-03"
AREAS = ("Salford", "Leeds", "Torbay", "Bolton")
SMALL = {"run": ("--runs", "2", "--until", UNTIL), "sensitivity": ("--runs", "2", "--until", UNTIL), "forecast": ("--runs", "40"),
         "backtest": ("--runs", "40", "--origins", "1"), "synth": ()}  # fmt: skip


@dataclass(frozen=True)
class Snippet:
    """A fenced block: its page, the line it begins in, its language, its text, and the text of the page before it."""

    page: str
    line: int
    language: str
    text: str
    before: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    def file(self) -> str:
        """Return the file that a block of YAML is: the one named last before it or in it, else one of no name."""
        named = re.findall(r"`([\w-]+\.yaml)`", self.before[-400:])
        return named[-1] if named else "unnamed.yaml"


def snippets(page: str) -> list[Snippet]:
    """Return a page's fenced blocks, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [Snippet(page, text[: m.start()].count("\n") + 1, m[1], m[2], text[: m.start()]) for m in BLOCK.finditer(text)]


def lines(snippet: Snippet) -> list[list[str]]:
    """Return the commands of a block of shell as words, comments left out; `a && b` is two."""
    found = []
    for line in snippet.text.splitlines():
        words = shlex.split(line, comments=True)
        while "&&" in words:
            at = words.index("&&")
            found.append(words[:at])
            words = words[at + 1 :]
        found.append(words)
    return [words for words in found if words]


def inline_commands(page: str) -> list[list[str]]:
    """Return the commands in a page's running text, as words; what is not spelled out (`…`, `...`) is left out."""
    text = BLOCK.sub("", (ROOT / page).read_text(encoding="utf-8"))
    found = [" ".join(part.split()) for part in re.findall(r"`(carecurve [^`]+)`", text)]
    return [[word for word in shlex.split(part) if word not in ("…", "...")] for part in found]


def local(text: str) -> str:
    """Return a text with one small authority in place of larger ones."""
    for area in AREAS:
        text = text.replace(area, AREA).replace(area.lower(), AREA.lower())
    return text


def smaller(words: list[str]) -> list[str]:
    """Return a command of the same kind that takes seconds: one small authority, two runs, two years, few points."""
    words = [local(word) for word in words]
    kind = "run" if words[1] == "compare" else words[1]
    if kind in ("run", "sensitivity"):
        words = _without(words, "--region")
        if "--england" in words:
            words.remove("--england")
        if "--area" not in words:
            words += ["--area", AREA]
        words = _with(words, "--by", UNTIL, only=True)
        words = _with(words, "--points", "2", only="sobol" not in words)
    if "--runs" in words and words[words.index("--runs") + 1] == "auto":
        words = _with(_with(words, "--max-runs", "10"), "--until", UNTIL)
    else:
        options = SMALL.get(kind, ())
        for name, value in zip(options[::2], options[1::2], strict=True):
            words = _with(words, name, value)
    return words


def _with(words: list[str], name: str, value: str, only: bool = False) -> list[str]:
    """Return a command with an option of a value; with `only`, if it has that option."""
    return words if only and name not in words else [*_without(words, name), name, value]


def _without(words: list[str], name: str) -> list[str]:
    """Return a command without an option and its value."""
    return words if name not in words else words[: words.index(name)] + words[words.index(name) + 2 :]


def smaller_python(text: str) -> str:
    """Return Python of the same kind that takes seconds."""
    text = re.sub(r'region="[\w-]+"', f'area="{AREA}"', local(text))
    text = re.sub(r'by="\d{4}-\d{2}"\)', f'by="{UNTIL}", runs=2)', text)
    text = text.replace(f'choose("{AREA}"))', f'choose("{AREA}"), until="{UNTIL}")')
    return re.sub(r"(?<![\w.])runs=\d{2,}", f'runs=2, until="{UNTIL}"', text)
