"""Look the locked packages up among known vulnerabilities; exit 1 if one is found, and say so where
nobody could be asked.
"""

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements.lock"


def main() -> int:
    """Return the exit code."""
    tool = Path(sys.executable).with_name("pip-audit")
    command = [
        str(tool),
        "-r",
        str(LOCK),
        "--disable-pip",
        "--require-hashes",
        "--progress-spinner",
        "off",
        "--format",
        "json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(
            "audit: not done, no source of advisories can be reached"
            f" ({done.stderr.strip().splitlines()[-1:]})"
        )
        return 0
    asked = [d for d in found if "vulns" in d]
    if not asked:
        print(f"audit: not done, no source of advisories knows any of {len(found)} packages")
        return 0
    hit = [(d["name"], d["version"], v["id"], v["fix_versions"]) for d in asked for v in d["vulns"]]
    for name, version, advisory, mended in hit:
        print(
            f"audit: {name} {version}: {advisory}, mended in"
            f" {', '.join(mended) or 'no version yet'}"
        )
    print(f"audit: {len(asked)} of {len(found)} packages looked up, {len(hit)} advisories")
    return 1 if hit else 0


if __name__ == "__main__":
    sys.exit(main())
