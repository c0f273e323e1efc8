#!/bin/sh
# dmn_tck.sh GAOXING SOURCE-ROOT INSTANT: the DMN kit at a given present time.
# The kit is not part of this repository: it is looked for in $GX_SHARED, else in ../shared beside the sources.
kit="${GX_SHARED:-$2/../shared}/conformance/dmn-tck"
if [ ! -d "$kit" ]; then
    echo "skipped: the DMN conformance kit is not at $kit; set GX_SHARED to the folder that holds conformance/dmn-tck"
    exit 77
fi
exec "$1" dmn tck "$kit" --now "$3"
