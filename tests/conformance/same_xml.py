"""same_xml.py DIR DIR: the XML files of both folders say the same in canonical form (C14N 2.0, prefixes and all)."""
import pathlib
import sys
from xml.etree import ElementTree

source, written = map(pathlib.Path, sys.argv[1:])
names = sorted(path.name for path in source.glob("*.bpmn"))
different = []
for name in names:
    first, second = (ElementTree.canonicalize(from_file=folder / name, with_comments=True) for folder in (source, written))
    body = first.find("<", first.rfind("?>") + 1) if first.startswith("<?") else 0
    if first[body:].rstrip() != second.rstrip() and first.rstrip() != second.rstrip():
        different.append(name)
print(f"{len(names) - len(different)} of {len(names)} models written back unchanged", *different)
sys.exit(1 if different or not names else 0)
