#!/bin/sh
# Prints the Python that `make` installs everything with: $PYTHON if it is set, else the first one on the PATH
# that is 3.11 or newer and can make virtual environments (Debian's cannot without its package python3-venv).
# 3.11 comes first, as CI runs it; a shim of pyenv may have a name and run nothing, so each one is run.
if [ -n "$PYTHON" ]; then set -- "$PYTHON"; else set -- python3.11 python3.12 python3.13 python3.14 python3 python; fi
for name; do
    if "$name" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        command -v "$name"
        exit
    fi
done
echo "make: no Python of 3.11 or newer with venv (tried: $*); install one, or name it: make PYTHON=/path/to/python3" >&2
exit 1
