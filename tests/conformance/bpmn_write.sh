#!/bin/sh
# bpmn_write.sh GAOXING SOURCE-ROOT: the interchange models come back as they were: every element, attribute, extension, namespace and diagram shape.
kit="${GX_SHARED:-$2/../shared}/conformance/bpmn-miwg/Reference"
if [ ! -d "$kit" ]; then
    echo "skipped: the BPMN interchange models are not at $kit; set GX_SHARED to the folder that holds conformance/bpmn-miwg"
    exit 77
fi
here=$(dirname "$0")
written=$(mktemp -d)
trap 'rm -rf "$written"' EXIT
for model in "$kit"/*.bpmn; do
    "$1" bpmn write "$model" >"$written/$(basename "$model")" || exit 1
done
python3 "$here/same_xml.py" "$kit" "$written" || exit 1
# bpmn-js draws them: its parser must have nothing to warn of that it does not say of the source as well.
if [ -d "$2/web/node_modules/bpmn-moddle" ] && command -v node >/dev/null; then
    node "$here/moddle.mjs" "$2/web" "$kit" "$written" || exit 1
else
    echo "bpmn-moddle not asked: web/node_modules is absent"
fi
