#!/bin/sh
# Prints the first Python 3.11+ of this machine that can make virtual environments; else says what is missing.
bare=
for python in python3 python3.14 python3.13 python3.12 python3.11; do
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || continue
    if "$python" -c 'import ensurepip, venv' 2> /dev/null; then
        echo "$python"
        exit
    fi
    bare=${bare:-$python}
done
if [ -n "$bare" ]; then
    echo "$bare cannot make virtual environments: install its venv module (Debian, Ubuntu: apt install python3-venv)." >&2
else
    echo "Helpdesk needs Python 3.11 or newer; none is installed here (or name one: make PYTHON=/path/to/python3)." >&2
fi
exit 1
