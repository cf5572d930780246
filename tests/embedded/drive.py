"""Another process that uses the private servers: `drive.py running DATA` or `drive.py up [--demo]`."""

import signal
import sys
from pathlib import Path

from helpdesk.embedded import up as up_module
from helpdesk.embedded.running import running
from helpdesk.kernel import logs
from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.settings import settings


def main() -> int:
    try:
        if sys.argv[1] == "up":
            logs.configure("up")
            up_module.HELPDESK = (sys.executable, str(Path(__file__).with_name("standin.py")))
            return up_module.up(settings(), demo="--demo" in sys.argv)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        with running(Path(sys.argv[2]), durable=False) as (database_url, redis_url):
            print(database_url, redis_url, flush=True)
            signal.pause()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
