"""The background process: `python -m sandbox.serve`, which `sandbox up` starts."""

import logging
import os
import secrets
import signal
import threading

from modeldelivery.terminal import structs
from sandbox import moto_patches
from sandbox.daemon import INCARNATION, announce, held
from sandbox.environment import write_plugins, write_profiles
from sandbox.home import SandboxError, claim, home
from sandbox.hosting.delays import Delays
from sandbox.keys import access_keys
from sandbox.processes.isolation import IsolationError


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    place = home()
    claim(place)
    delays = Delays.parse(os.environ.get("SANDBOX_DELAYS", ""))
    with held(place.lock):
        moto_patches.check_version()
        moto_patches.prepare()
        # moto takes a second to import: whoever loses the race for the lock has not begun.
        from sandbox.world import World  # noqa: PLC0415

        structs.prepare()
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        keys, token = access_keys(place), secrets.token_urlsafe(32)
        world = World(place, delays, keys, token)
        write_profiles(place, keys, world.control, world.runtime)
        write_plugins(place)
        place.backend.mkdir(exist_ok=True)
        announce(place, world.control, world.runtime, token)
        logging.info("incarnation %s serves", os.environ[INCARNATION])  # noqa: LOG015 - this is the program
        world.run(ended)


if __name__ == "__main__":
    try:
        main()
    except (SandboxError, IsolationError, ValueError) as error:
        raise SystemExit(f"sandbox: {error}") from None
