"""`python -m tests.api.fuzzing [EXAMPLES]`: the long form of test_schema.py, with schemathesis' own edge cases."""

import os
import sys

import pytest

EXAMPLES = 200


def main() -> int:
    os.environ["FUZZ_EXAMPLES"] = sys.argv[1] if len(sys.argv) > 1 else str(EXAMPLES)
    return pytest.main(["tests/api/test_schema.py", "--timeout=3600", "-p", "no:randomly", "-v"])


if __name__ == "__main__":
    sys.exit(main())
