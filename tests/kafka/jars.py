"""The jars of Apache Kafka and all that it needs at run time, fetched once through Maven and kept.

Promise: the folder is either whole or not there, so that an interrupted download is never taken for a broker.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

KAFKA_VERSION: Final = "4.1.0"
OLDEST_JAVA: Final = 17
MAVEN_SECONDS: Final = 600

POM: Final = f"""\
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>leeway</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>{KAFKA_VERSION}</version>
    </dependency>
    <!-- Kafka brings the logging interface only; this one writes to stderr, so that a failed start says why -->
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
"""


class NoKafkaError(Exception):
    """There is no Apache Kafka to be had here; the message says what is missing."""


def java() -> str:
    """Return the path of a Java that is new enough."""
    found = shutil.which("java")
    if found is None:
        raise NoKafkaError(f"no Java on this machine; Apache Kafka needs Java {OLDEST_JAVA} or newer")
    told = subprocess.run([found, "-version"], capture_output=True, text=True, check=False, timeout=60)
    version = re.search(r'version "(\d+)', told.stderr)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise NoKafkaError(f"the Java at {found} is too old or does not run; Apache Kafka needs {OLDEST_JAVA} or newer")
    return found


def class_path() -> str:
    """Return Java's class path with Apache Kafka on it; the first call on a machine downloads 45 MB."""
    folder = _cache() / f"kafka-{KAFKA_VERSION}"
    if not folder.is_dir():
        _fetch(folder)
    return f"{folder}/*"


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "leeway-tests"


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise NoKafkaError("no Maven (mvn) on this machine, which brings the jars of Apache Kafka")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        Path(work, "pom.xml").write_text(POM)
        _run_maven([maven, *_COPY_JARS], work)
        try:
            Path(work, "jars").rename(folder)
        except OSError:
            if not folder.is_dir():  # another test run may have been first, which is as good
                raise


_COPY_JARS: Final = (
    "--batch-mode", "--quiet", "--strict-checksums",
    "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=jars",
)  # fmt: skip


def _run_maven(command: list[str], work: str) -> None:
    done = subprocess.run(
        command, cwd=work, capture_output=True, text=True, check=False, timeout=MAVEN_SECONDS, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        raise NoKafkaError(f"Maven could not fetch Apache Kafka {KAFKA_VERSION}: {done.stdout[-600:].strip()}")
