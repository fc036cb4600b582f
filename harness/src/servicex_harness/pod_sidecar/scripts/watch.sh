#!/usr/bin/env bash
# The science container's end of the dialogue with ServiceX's sidecar, step by step as ServiceX's own watch.sh holds it:
#   watch.sh LANGUAGE COMMAND FOLDER [HOST] [PORT]
# Source: ssl-hep/ServiceX, transformer_sidecar/scripts/watch.sh.
lang=$1 cmd=$2 folder=$3 host=${4:-localhost} port=${5:-8081}

sleep "${WATCH_DELAY:-1}" # ServiceX gives its sidecar this long to listen
coproc nc "$host" "$port"

while true; do
    echo GeT >&"${COPROC[1]}"
    read -r document <&"${COPROC[0]}"
    if [ -z "$document" ] || [ "$document" = stop. ]; then
        break
    fi
    source=$(echo "$document" | jq -r .downloadPath)
    target=$(echo "$document" | jq -r .safeOutputFileName)
    format=$(echo "$document" | jq -r '."result-format"')
    # LANGUAGE may be several words, so it is not quoted.
    # shellcheck disable=SC2086
    $lang "$cmd" "$source" "$target" "$format" 2>&1 | tee "$folder/abc.log"
    code=${PIPESTATUS[0]}
    echo "$code" >"$folder/exit-code" # for a sidecar that wants to know more than the dialogue says
    if [ "$code" -eq 0 ]; then
        echo success. >&"${COPROC[1]}"
    else
        echo failure. >&"${COPROC[1]}"
    fi
    read -r _ <&"${COPROC[0]}" # confirmed.
done
