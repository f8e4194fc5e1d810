"""The guide builds without a warning, every page is reached and every link leads somewhere, and the built site asks nothing of another."""

import functools
import http.server
import re
import shutil
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browser_sample import browser  # noqa: F401 (a fixture)
from ruamel.yaml import YAML

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
LOOKED_AT = ("index.html", "tutorial.html", "reference/commands.html", "assumptions.html", "other-tools.html")


class Page(HTMLParser):
    """What a built page links to, loads, and may be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links, self.loads, self.anchors = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if found.get("src") or (tag == "link" and found.get("rel") in ("stylesheet", "preload", "icon", "preconnect")):
            self.loads.append(found.get("src") or found["href"])
        if found.get("id"):
            self.anchors.add(found["id"])


def build(folder: Path) -> subprocess.CompletedProcess:
    """Build a copy of the guide in a folder."""
    return subprocess.run([sys.executable, "-m", "zensical", "build", "--strict"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    pytest.importorskip("zensical", reason="zensical is not installed")
    folder = tmp_path_factory.mktemp("guide")
    shutil.copy(ROOT / "mkdocs.yml", folder)
    shutil.copytree(DOCS, folder / "docs")
    done = build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    return {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html") if path.name != "404.html"}


def listed(nav) -> list[str]:
    """Return the files of a navigation, in order."""
    if isinstance(nav, str):
        return [nav]
    return [name for item in (nav.values() if isinstance(nav, dict) else nav) for name in listed(item)]


def test_every_page_is_in_the_navigation_once():
    nav = listed(YAML(typ="safe").load(ROOT / "mkdocs.yml")["nav"])
    assert sorted(nav) == sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


def test_a_page_that_links_nowhere_stops_the_build(tmp_path):
    pytest.importorskip("zensical", reason="zensical is not installed")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("[nowhere](nowhere.md)\n", encoding="utf-8")
    (tmp_path / "mkdocs.yml").write_text("site_name: Wrong\n", encoding="utf-8")
    assert build(tmp_path).returncode != 0


def test_every_link_inside_leads_to_a_page_and_a_heading(site, pages):
    wrong = []
    for path, page in pages.items():
        for link in page.links:
            to = urlsplit(link)
            if to.scheme or to.netloc:
                continue
            target = (path.parent / unquote(to.path)).resolve() if to.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file() or not target.is_relative_to(site.resolve()):
                wrong.append(f"{path.name}: {link}")
            elif to.fragment and target in pages and unquote(to.fragment) not in pages[target].anchors:
                wrong.append(f"{path.name}: {link}: no such heading")
    assert wrong == []
    assert sum(len(page.links) for page in pages.values()) > 1000


def test_pages_and_styles_load_only_what_is_in_the_site(site, pages):
    for path, page in pages.items():
        assert [one for one in page.loads if urlsplit(one).netloc or not (path.parent / unquote(urlsplit(one).path)).exists()] == []
    styles = "\n".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)\s]*", styles) == []


@pytest.fixture(scope="module")
def served(site):
    """The site's address on this machine, while the tests run."""
    handler = functools.partial(type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None}), directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_asks_nothing_of_another_site_and_pages_do_not_scroll_sideways(browser, served, width):  # noqa: F811
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked, failed = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    for name in LOOKED_AT:
        page.goto(f"{served}/{name}", wait_until="networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.locator("h1").count() == 1
    assert {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))} == {urlsplit(served).netloc}
    assert failed == []
    page.close()


def test_search_finds_a_lever(browser, served):  # noqa: F811
    page = browser.new_page()
    page.goto(f"{served}/index.html", wait_until="networkidle")
    page.locator(".md-search__button:visible").first.click()
    page.wait_for_timeout(500)  # the field takes the focus when it has slid in
    page.keyboard.type("kinship deregulation")
    found = page.get_by_text("kinship_deregulation").first
    found.wait_for(timeout=15_000)
    assert found.is_visible()
    page.close()


def test_the_citation_names_this_version():
    import tomllib

    cited = YAML(typ="safe").load(ROOT / "CITATION.cff")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"cff-version", "message", "title", "authors", "version", "license"} <= set(cited)
    assert str(cited["version"]) == project["version"]
    assert f"version {project['version']}" in (DOCS / "cite.md").read_text(encoding="utf-8")
    assert project["version"] in (DOCS / "model-card.md").read_text(encoding="utf-8")
