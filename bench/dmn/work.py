"""The work that every engine is given: work.json and the models beside it, in a folder.

A row is an expression with contexts, or the decisions of a model with contexts; all contexts of a row are gone through in one round.
Figures are such that binary and decimal arithmetic give the same answers.
"""
import json
import os
import random
import xml.etree.ElementTree as tree

NAMESPACES = {"1.1": "http://www.omg.org/spec/DMN/20151101/dmn.xsd", "1.3": "https://www.omg.org/spec/DMN/20191111/MODEL/"}
REGIONS = ["north", "south", "east", "west", "middle"]
BANDS_WIDTH = 10


def table(rules, namespace):
    """A score in bands of ten, a region, and a column that accepts anything; the answer is the number of the rule."""
    rows = "".join(
        f'<rule id="r{n}"><inputEntry id="r{n}a"><text>[{n // len(REGIONS) * BANDS_WIDTH}..{(n // len(REGIONS) + 1) * BANDS_WIDTH - 1}]</text></inputEntry>'
        f'<inputEntry id="r{n}b"><text>"{REGIONS[n % len(REGIONS)]}"</text></inputEntry><inputEntry id="r{n}c"><text>-</text></inputEntry>'
        f'<outputEntry id="r{n}d"><text>{n + 1}</text></outputEntry></rule>' for n in range(rules))
    needs = "".join(f'<informationRequirement id="q{name}"><requiredInput href="#{name}"/></informationRequirement>' for name in ("score", "region", "member"))
    inputs = "".join(f'<inputData id="{name}" name="{name}"><variable id="v{name}" name="{name}" typeRef="{kind}"/></inputData>'
                     for name, kind in (("score", "number"), ("region", "string"), ("member", "boolean")))
    columns = "".join(f'<input id="i{name}" label="{name}"><inputExpression id="e{name}" typeRef="{kind}"><text>{name}</text></inputExpression></input>'
                      for name, kind in (("score", "number"), ("region", "string"), ("member", "boolean")))
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="{namespace}" id="model{rules}" name="model{rules}" namespace="urn:bench:table{rules}">{inputs}'
            f'<decision id="table" name="table"><variable id="vtable" name="table" typeRef="number"/>{needs}<decisionTable id="t" hitPolicy="FIRST">'
            f'{columns}<output id="o" name="table" typeRef="number"/>{rows}</decisionTable></decision></definitions>')


def table_inputs(rules, count=64):
    chance = random.Random(rules)
    top = rules // len(REGIONS) * BANDS_WIDTH
    return [{"score": chance.randrange(top), "region": chance.choice(REGIONS), "member": chance.random() < 0.5} for _ in range(count)]


def value_of(node):
    """An input of a test case of the kit, as JSON."""
    space = "{http://www.omg.org/spec/DMN/20160719/testcase}"
    parts = node.findall(f"{space}component")
    if parts:
        return {part.get("name"): value_of(part) for part in parts}
    value = node.find(f"{space}value")
    kind = value.get("{http://www.w3.org/2001/XMLSchema-instance}type", "")
    if kind.endswith("decimal"):
        return json.loads(value.text)
    return value.text == "true" if kind.endswith("boolean") else value.text


def lending(folder, shared):
    """The lending model of the public conformance kit, with the inputs of its first case; None where the kit is not at hand."""
    at = os.path.join(shared, "conformance/dmn-tck/TestCases/compliance-level-3/0004-lending")
    if not os.path.exists(os.path.join(at, "0004-lending.dmn")):
        return None
    with open(os.path.join(at, "0004-lending.dmn")) as source, open(os.path.join(folder, "lending.dmn"), "w") as copy:
        copy.write(source.read())
    space = "{http://www.omg.org/spec/DMN/20160719/testcase}"
    case = tree.parse(os.path.join(at, "0004-lending-test-01.xml")).getroot().find(f"{space}testCase")
    inputs = {node.get("name"): value_of(node) for node in case.findall(f"{space}inputNode")}
    return {"name": "lending graph", "kind": "decision", "files": {"1.1": None, "1.3": "lending.dmn"}, "decisions": ["Strategy", "Routing", "Adjudication"], "inputs": [inputs]}


def make(folder, shared):
    rows = [
        {"name": "arithmetic, comparison", "kind": "expression",
         "expression": "if price * quantity > 100 and quantity < 40 then price * quantity - 5.5 else (price + quantity) / 4 + 2 ** 3",
         "inputs": [{"price": 0.25 * (7 * i % 64 + 1), "quantity": (5 * i) % 50 + 1} for i in range(16)]},
        {"name": "filter 1,000 contexts", "kind": "expression", "expression": 'count(items[amount > 500 and kind = "b"])',
         "inputs": [{"items": [{"amount": (i * 37) % 1000, "kind": "abc"[i % 3], "number": i} for i in range(1000)]}]},
        {"name": "unary tests", "kind": "expression", "expression": "age in ([18..30], > 65, 42, (50..60))", "inputs": [{"age": 5 * i} for i in range(20)]},
        {"name": "context of 300 names", "kind": "expression", "expression": "amount1 + amount150 * 2 - amount300",
         "inputs": [{f"amount{i}": i * 3 for i in range(1, 301)}]},
    ]
    for rules in (20, 2000):
        for version, namespace in NAMESPACES.items():
            with open(os.path.join(folder, f"table{rules}-{version}.dmn"), "w") as file:
                file.write(table(rules, namespace))
        rows.append({"name": f"table of {rules:,} rules", "kind": "decision", "files": {v: f"table{rules}-{v}.dmn" for v in NAMESPACES},
                     "decisions": ["table"], "inputs": table_inputs(rules)})
    rows.append(lending(folder, shared))
    with open(os.path.join(folder, "work.json"), "w") as file:
        json.dump({"rows": [row for row in rows if row]}, file)
