# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Takes from the engine all that carries a label: the containers with their volumes, then the networks.

    remove LABEL

The engine gives a container 12 seconds to die and then says that it could not kill it, while a busy machine goes on
ending its processes; and it keeps a network for a moment longer than its last container. Both are asked for again
until they are gone. Prints the names of what was removed. When something is still there after SECONDS, the engine's own
words are on standard error and the exit code is 1.
"""

import subprocess
import sys
import time

from survey import listed

SECONDS = 120
PAUSE = 0.5
WORDS = {
    "container": ("docker", "container", "rm", "--force", "--volumes"),
    "network": ("docker", "network", "rm"),
}


def remove(kind, label, limit):
    """Remove what there is of a kind with the label, until nothing is left or time.monotonic() is past the limit."""
    seen, message = {}, ""
    while found := listed(kind, label):
        if message:
            if time.monotonic() > limit:
                sys.exit(f"The lab cannot be removed within {SECONDS} seconds: {message}")
            print(f"lab: asking again: {message}", file=sys.stderr, flush=True)
            time.sleep(PAUSE)
        seen.update((entry["id"], entry["name"]) for entry in found)
        try:
            done = subprocess.run([*WORDS[kind], *(entry["id"] for entry in found)], capture_output=True, text=True,
                                  timeout=max(PAUSE, limit - time.monotonic()), check=False)
        except subprocess.TimeoutExpired:
            message = "the engine does not answer"
        else:
            message = done.stderr.strip() or f"a removed {kind} is still listed"
    return list(seen.values())


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: remove LABEL")
    limit = time.monotonic() + SECONDS
    for kind in WORDS:
        for name in remove(kind, sys.argv[1], limit):
            print(kind, name)


if __name__ == "__main__":
    main()
