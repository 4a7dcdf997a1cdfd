"""Write what is published of the code: schemas/json/ and the README's tables: `make schemas`."""

from schemas import generate
from services.commands import readme
from services.detector.policy import POLICY
from services.runtime.configuration import configuration_schema


def texts() -> dict[str, str]:
    """Return the text of every file of schemas/json/, by name."""
    return generate.files(POLICY.model_json_schema(), {"leeway.schema.json": configuration_schema()})


def main() -> None:
    """Write the files, remove those of payloads that are no more, and bring the README up to date."""
    generate.write(texts=texts())
    text = generate.README.read_text(encoding="utf-8")
    generate.README.write_text(readme.with_blocks(text), encoding="utf-8")


if __name__ == "__main__":
    main()
