"""Jira's published description of its API, read beside the checkout: what each answer must look like."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

SPEC = Path(__file__).resolve().parents[4] / "shared" / "specs" / "jira" / "swagger-v3.v3.json"
NULL_IN_TRUTH = re.compile(r"\$\.(.*\.)?(from|fromString|to|toString)$")
"""Real sites answer null here, and the description does not allow it."""

ERRORS = {"$ref": "#/components/schemas/ErrorCollection"}


@cache
def described() -> Any:
    """The description; skips the test where it is not."""
    if not SPEC.exists():
        pytest.skip(f"needs {SPEC.name} beside the checkout")
    return json.loads(SPEC.read_text(encoding="utf-8"))


def faults(method: str, path: str, status: int, body: Any) -> list[str]:
    """What is wrong with an answer. The path is the description's, such as `/rest/api/3/issue/{issueIdOrKey}`."""
    spec = described()
    answer = spec["paths"][path][method.lower()]["responses"][str(status)]
    content = answer.get("content", {}).get("application/json")
    if content is None and status < 400:
        return [] if body is None else [f"{path}: a body where none is"]
    schema = {**(content["schema"] if content else ERRORS), "components": spec["components"]}
    found = Draft7Validator(schema).iter_errors(body)
    return [
        f"{error.json_path}: {error.message[:200]}"
        for error in found
        if not (error.instance is None and NULL_IN_TRUTH.match(error.json_path))
    ]
