"""What all payloads have in common: frozen, tolerant of unknown fields, every instant aware and in UTC."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints


def to_utc(instant: datetime) -> datetime:
    """Return the same instant in UTC; all our instants are compared and shown in one zone."""
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(to_utc)]
"""An aware instant, held in UTC."""

ItemRef = Annotated[str, StringConstraints(pattern=r"^(jira|asana):[^:\s]+:[^:\s]+$", max_length=400)]
"""`jira:<site>:<immutable id>` or `asana:<site>:<gid>`; `<site>` is the connection's name."""

SubjectRef = Annotated[str, StringConstraints(pattern=r"^[a-z-]+:\S+$", max_length=800)]
"""An item ref, or `objective:<id>`, `key-result:<objective>/<id>`, `team:<id>`, `category:<id>`, `connection:<id>`."""

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
"""The id of a team, an objective, a person and so on, as the strategy file gives it."""

Revision = int
"""A number drawn by the room that writes a subject: unique and rising. Readers keep the highest."""


class Contract(BaseModel):
    """A frozen payload that ignores the fields which it does not know, so that a newer writer may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def read(cls, body: bytes | str) -> Self:
        """Return the payload whose JSON this is; fields that it does not know are ignored all the way down.

        Also in parts that are closed where people write them, such as the strategy: a newer writer may know more.
        """
        return cls.model_validate_json(body, extra="ignore")
