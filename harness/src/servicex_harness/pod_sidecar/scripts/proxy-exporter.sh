#!/usr/bin/env bash
# Keeps the science container's own copy of the grid proxy fresh: its Secret is read-only, belongs to another user and
# is readable by all, which grid software refuses. Each copy is complete and private before it gets its name.
source=${1:-/etc/grid-security-ro/x509up}
target=${X509_USER_PROXY:-/tmp/grid-security/x509up}

mkdir -p "$(dirname "$target")"
while true; do
    if [ -r "$source" ] && [ "$source" -nt "$target" ]; then
        (umask 077 && cp "$source" "$target.new" && chmod 600 "$target.new" && mv -f "$target.new" "$target")
    fi
    sleep 30
done
