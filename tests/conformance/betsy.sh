#!/bin/sh
# betsy.sh GAOXING SOURCE-ROOT EXCEPTIONS [OPTION...]: the BPMN execution suite. It is not part of this repository: it is looked for in
# $GX_SHARED, else in ../shared beside the sources.
suite="${GX_SHARED:-$2/../shared}/conformance/bpmn-betsy"
if [ ! -d "$suite" ]; then
    echo "skipped: the BPMN execution suite is not at $suite; set GX_SHARED to the folder that holds conformance/bpmn-betsy"
    exit 77
fi
gaoxing=$1 exceptions=$3
shift 3
exec "$gaoxing" bpmn betsy "$suite" --exceptions "$exceptions" "$@"
