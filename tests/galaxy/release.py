# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Everything of a release but the upload. `make release VERSION=1.2.3` runs it.

    python tests/galaxy/release.py VERSION

Refuses what cannot be released before it changes anything. Then it writes the version into galaxy.yml, makes the
changelog of the fragments, and runs `make galaxy` on the archive. What is left to do it prints.
"""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import yaml
from ansible.utils.version import SemanticVersion

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
NEXT = """
{archive} is ready. To release it:
  git add --all
  git commit --message='Release {version}'
  git tag --annotate {version} --message='Release {version}'
  git push origin main {version}
  ansible-galaxy collection publish {archive} --token=YOUR_TOKEN
"""


class ReleaseError(Exception):
    """This cannot be released; the text says why and what to do."""


def semantic(version: str) -> SemanticVersion:
    """Return a version that can be compared. Build metadata is refused, which Galaxy does not tell apart.

    :raises ReleaseError: it is no semantic version (semver.org).
    """
    found = SemanticVersion()
    try:
        found.parse(version)
    except ValueError:
        found = None
    if found is None or found.buildmetadata:
        raise ReleaseError(
            f"'{version}' is no semantic version. Name one such as 1.2.3, or 1.2.3-rc.1 before it: "
            "make release VERSION=1.2.3")
    return found


def refuse(version: str, current: str, released: list[str], fragments: list[str], changed: list[str]) -> None:
    """Say no to what must not be released.

    :param current: the version in galaxy.yml.
    :param released: the versions in the changelog.
    :param fragments: the names of the fragments for it.
    :param changed: what `git status --porcelain` prints, line by line.
    :raises ReleaseError: with the first reason.
    """
    wanted = semantic(version)
    if wanted < semantic(current):
        raise ReleaseError(f"{version} is lower than {current}, which galaxy.yml says. Name that or a higher version.")
    latest = max(released, key=semantic, default=None)
    if latest is not None and wanted <= semantic(latest):
        raise ReleaseError(f"{latest} has been released (changelogs/changelog.yaml). Name a version above it.")
    if not fragments:
        raise ReleaseError("changelogs/fragments is empty, so there is nothing to release.")
    if changed:
        raise ReleaseError("the tree has changes that are not committed. Commit them first:\n" + "\n".join(changed))


def run(*words: str) -> str:
    """Run a program in the repository, shown, and return what it printed on standard output.

    :raises ReleaseError: it failed.
    """
    done = subprocess.run(words, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"{' '.join(words)} failed with {done.returncode}:\n{done.stdout}")
    return done.stdout


def release(version: str) -> str:
    """Prepare the release, and return what is left to do.

    :raises ReleaseError: it is refused, or a step fails.
    """
    galaxy = REPOSITORY / "galaxy.yml"
    description = galaxy.read_text()
    current = yaml.safe_load(description)["version"]
    changelog = REPOSITORY / "changelogs" / "changelog.yaml"
    released = list(yaml.safe_load(changelog.read_text())["releases"]) if changelog.exists() else []
    fragments = [path.name for path in (REPOSITORY / "changelogs" / "fragments").glob("*.y*ml")]
    refuse(version, current, released, fragments, run("git", "status", "--porcelain").splitlines())

    galaxy.write_text(re.sub(r"(?m)^version: .*$", f"version: {version}", description))
    try:
        run("antsibull-changelog", "lint")
        run("antsibull-changelog", "release")
        run("antsibull-changelog", "lint-changelog-yaml", "--strict", str(changelog))
        print(run("make", "galaxy"), end="")
    except ReleaseError as error:
        raise ReleaseError(f"{error}\nTo take back what was written: git stash --include-untracked") from None
    return NEXT.format(version=version, archive=f"dist/openvip-cluster-{version}.tar.gz")


def main() -> int:
    try:
        print(release(sys.argv[1] if len(sys.argv) == 2 else ""))
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
