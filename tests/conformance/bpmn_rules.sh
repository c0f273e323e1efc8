#!/bin/sh
# bpmn_rules.sh GAOXING SOURCE-ROOT: the constraint models of the BPMN suite are refused, all others of it and the interchange models are not.
# The suites are not part of this repository: they are looked for in $GX_SHARED, else in ../shared beside the sources.
kits="${GX_SHARED:-$2/../shared}/conformance"
if [ ! -d "$kits/bpmn-betsy/bpmn_constraints" ] || [ ! -d "$kits/bpmn-miwg/Reference" ]; then
    echo "skipped: the BPMN suites are not at $kits; set GX_SHARED to the folder that holds conformance/bpmn-betsy and conformance/bpmn-miwg"
    exit 77
fi
export LC_ALL=en_US.UTF-8
status=0

# expect WHAT REFUSED TOTAL SUMMARIES: one summary line a model
expect() {
    total=$(grep -c " errors, " "$4")
    refused=$(grep " errors, " "$4" | grep -vc ": 0 errors, ")
    echo "$1: $refused of $total refused"
    if [ "$refused" != "$2" ] || [ "$total" != "$3" ]; then
        echo "  expected: $2 of $3"
        grep " errors, " "$4"
        status=1
    fi
}

out=$(mktemp)
trap 'rm -f "$out"' EXIT
"$1" bpmn check --strict "$kits"/bpmn-betsy/bpmn_constraints/*/*.bpmn >"$out"
expect "constraint models, with conventions" 301 301 "$out"
# Without --strict: not the nine of docs/conformance.md, of which three are empty processes and refused as such.
"$1" bpmn check "$kits"/bpmn-betsy/bpmn_constraints/*/*.bpmn >"$out"
expect "constraint models" 295 301 "$out"
# Two of the executable models ask for no token at all: the suite takes a refusal.
find "$kits/bpmn-betsy" -name '*.bpmn' -not -path '*/bpmn_constraints/*' -exec "$1" bpmn check --rules --bare {} + >"$out"
expect "executable models" 2 137 "$out"
"$1" bpmn check --rules "$kits"/bpmn-miwg/Reference/*.bpmn >"$out"
expect "interchange models" 0 21 "$out"
exit $status
