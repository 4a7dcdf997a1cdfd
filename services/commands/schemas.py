"""Write the published schemas from the code, the policy that the rules read among them: `make schemas`."""

from schemas import generate
from services.detector.policy import POLICY


def main() -> None:
    """Write schemas/json/ and the README's table of topics."""
    generate.update(POLICY.model_json_schema())


if __name__ == "__main__":
    main()
