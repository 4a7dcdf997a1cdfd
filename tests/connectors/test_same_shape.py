"""The two trackers' folders read alike: who knows one finds the way in the other."""

from pathlib import Path

from services import connectors


def test_both_trackers_folders_have_the_same_file_names() -> None:
    here = Path(connectors.__file__).parent
    asana, jira = ({path.name for path in (here / name).glob("*.py")} for name in ("asana", "jira"))
    assert asana == jira
    assert "client.py" in asana
