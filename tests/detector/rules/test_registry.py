"""The folder is the list of rules: each file is registered once, under the name of the file."""

from importlib import import_module
from pathlib import Path

import services.detector.rules
from schemas.findings import Severity
from services.detector.rules.registry import BY_NAME, RULES
from services.detector.verdict import Draft

FOLDER = Path(services.detector.rules.__file__).parent
FILES = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "registry"}


def test_every_file_is_a_registered_rule_of_its_name() -> None:
    assert {rule.name.replace("-", "_") for rule in RULES} == FILES
    assert len(BY_NAME) == len(RULES)
    assert all(import_module(f"services.detector.rules.{stem}").RULE in RULES for stem in FILES)


def test_every_rule_has_tests() -> None:
    tested = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert tested >= FILES


def test_a_fingerprint_is_of_the_rule_and_the_subjects_in_their_order() -> None:
    """sha256 of "stalled-dependency\\njira:a:1\\njira:a:2", as `sha256sum` gives it."""
    draft = Draft("stalled-dependency", ("jira:a:1", "jira:a:2"), Severity.LOW, None, None, None)
    turned = Draft("stalled-dependency", ("jira:a:2", "jira:a:1"), Severity.LOW, None, None, None)
    assert draft.fingerprint == "6ac3152d3cb5c990"
    assert turned.fingerprint != draft.fingerprint
