"""How every command begins: the environment read once, the logs set up, the configuration loaded."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from services.runtime.clock import SystemClock
from services.runtime.configuration import Configuration, load_configuration
from services.runtime.logs import configure_logging
from services.runtime.secrets import Redactor
from services.runtime.settings import Settings

T = TypeVar("T")


def settings_for(home: Path | None = None, *, log_level: str = "warning") -> Settings:
    """Read the environment and set up the logs; `log_level` holds where the environment names none."""
    settings = Settings.from_env()
    if home is not None:
        settings = settings.model_copy(update={"home": home})
    level = settings.log_level if "log_level" in settings.model_fields_set else log_level
    configure_logging(level, SystemClock(), Redactor(settings.secrets()))
    return settings


def configuration_for(settings: Settings) -> Configuration:
    """Read `leeway.yaml`; one that is not there means the defaults, unless the environment names it."""
    return load_configuration(settings.configuration, required="configuration" in settings.model_fields_set)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end."""
    return asyncio.run(work)
