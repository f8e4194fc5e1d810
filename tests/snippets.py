"""Snippets of the README and the guide: where they are, and how each is made small enough to be run by a test."""

import hashlib
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
FEW = {"--runs": "2", "--until": UNTIL}
SMALL = {"run": FEW, "sensitivity": FEW | {"--by": UNTIL}, "forecast": {"--runs": "40", "--until": "2027-03-31"},
         "backtest": {"--runs": "40", "--hold-back": "1", "--origins": "1"}}  # fmt: skip
SMALLER = {"--points": "4", "--budget": "3000000"}  # of an option that is there


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
        words = [word for word in _without(words, "--region") if word != "--england"]
        words = words if "--area" in words else [*words, "--area", AREA]
    if "sobol" in words:
        words = _with(words, "--points", SMALLER["--points"])
    if "auto" in words:
        words = _with(_with(words, "--max-runs", "10"), "--until", UNTIL)
    elif "expected" in words:  # it has no chance: one run is enough
        words = _with(_with(words, "--runs", "1"), "--until", UNTIL)
    else:
        for name, value in SMALL.get(kind, {}).items():
            words = _with(words, name, value)
    for name, value in SMALLER.items():
        words = _with(words, name, value) if name in words else words
    return words


def _with(words: list[str], name: str, value: str) -> list[str]:
    """Return a command with an option of a value."""
    return [*_without(words, name), name, value]


def _without(words: list[str], name: str) -> list[str]:
    """Return a command without an option and its value."""
    return words if name not in words else words[: words.index(name)] + words[words.index(name) + 2 :]


def identity(words: list[str]) -> tuple:
    """Return what equal commands have in common, however their options are ordered: words, and for a file or folder what is in it.

    Where results go is left out. A file that another extends counts only if the command names it too.
    """
    groups: list[list[str]] = [[]]
    for word in words:
        groups += [[]] if word.startswith("-") else []
        groups[-1].append(word)
    return tuple(tuple(_content(word) for word in group) for group in (groups[0], *sorted(groups[1:])) if group[0] != "-o")


def _content(word: str) -> str:
    """Return a word, or of a path a hash of its tables and texts; a manifest, which holds times, and pages apart."""
    path = Path(word)
    if not path.exists():
        return word
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.suffix in (".csv", ".xml", ".yaml"))
    return hashlib.sha256(b"".join(one.name.encode() + one.read_bytes() for one in files)).hexdigest()


def smaller_python(text: str) -> str:
    """Return Python of the same kind that takes seconds."""
    text = re.sub(r'region="[\w-]+"', f'area="{AREA}"', local(text))
    text = re.sub(r'by="\d{4}-\d{2}"\)', f'by="{UNTIL}", runs=2)', text)
    text = text.replace(f'choose("{AREA}"))', f'choose("{AREA}"), until="{UNTIL}")')
    return re.sub(r"(?<![\w.])runs=\d{2,}", f'runs=2, until="{UNTIL}"', text)
