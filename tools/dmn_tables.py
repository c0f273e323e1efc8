"""Starts a decision model from tables written as text: `dmn_tables.py MODEL.txt > MODEL.dmn`. Afterwards the DMN file is the source; edit that.

    # D13 | Stop kinds                        id and name of the model
    > A sentence or two.                      its description
    input kind : string                       one line for each input
    ## D13 | Stop kinds | UNIQUE              a decision: id, name, hit policy; or EXPRESSION with one FEEL expression under it
    needs kind                                what it reads: inputs and other decisions
    | Kind = kind : string || limit : Any |   label = expression : type of each input column; name : type of each output column
    | "公示" || {n: 7, unit: "day"} |          a rule
"""
import re
import sys
from xml.sax.saxutils import escape, quoteattr

MODEL = "https://www.omg.org/spec/DMN/20230324/MODEL/"
DI = 'xmlns:dmndi="https://www.omg.org/spec/DMN/20230324/DMNDI/" xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" xmlns:di="http://www.omg.org/spec/DMN/20180521/DI/"'


def cells(line):
    """The two halves of a row, each a list of cells."""
    inner = line.strip()[1:-1]
    halves = inner.split("||") if "||" in inner else ["", inner]
    return [[cell.strip() for cell in half.split("|")] if half.strip() else [] for half in halves]


def read(lines):
    model = {"inputs": [], "decisions": [], "text": []}
    decision = None
    for line in lines:
        line = line.rstrip("\n")
        if line.startswith("# "):
            model["id"], model["name"] = [part.strip() for part in line[2:].split("|")]
        elif line.startswith("## "):
            identity, name, kind = [part.strip() for part in line[3:].split("|")]
            decision = {"id": identity, "name": name, "kind": kind, "needs": [], "text": [], "rows": [], "expression": []}
            model["decisions"].append(decision)
        elif line.startswith("> "):
            (decision or model)["text"].append(line[2:].strip())
        elif line.startswith("input "):
            model["inputs"].append([part.strip() for part in line[6:].split(":")])
        elif line.startswith("needs "):
            decision["needs"] = [part.strip() for part in line[6:].split(",")]
        elif line.startswith("|"):
            decision["rows"].append(cells(line))
        elif line.strip() and decision:
            decision["expression"].append(line)
    return model


def description(lines, indent):
    return [f"{indent}<description>{escape(' '.join(lines))}</description>"] if lines else []


def table(decision):
    columns, outputs = decision["rows"][0]
    out = [f'    <decisionTable id="{decision["id"]}-table" hitPolicy="{decision["kind"]}">']
    for index, column in enumerate(columns):
        label, expression, kind = re.fullmatch(r"(.*?)\s*=\s*(.*)\s*:\s*(\w+)", column).groups()
        out.append(f'      <input id="{decision["id"]}-in{index}" label={quoteattr(label)}>'
                   f'<inputExpression typeRef="{kind}"><text>{escape(expression.strip())}</text></inputExpression></input>')
    for index, column in enumerate(outputs):
        name, kind = [part.strip() for part in column.split(":")]
        out.append(f'      <output id="{decision["id"]}-out{index}" name={quoteattr(name)} typeRef="{kind}"/>')
    for number, (tests, answers) in enumerate(decision["rows"][1:], 1):
        rule = f'{decision["id"]}-r{number}'
        parts = [f'<inputEntry id="{rule}i{i}"><text>{escape(cell)}</text></inputEntry>' for i, cell in enumerate(tests)]
        parts += [f'<outputEntry id="{rule}o{i}"><text>{escape(cell)}</text></outputEntry>' for i, cell in enumerate(answers)]
        if len(tests) != len(columns) or len(answers) != len(outputs):
            sys.exit(f"{decision['id']}, rule {number}: {len(tests)}+{len(answers)} cells instead of {len(columns)}+{len(outputs)}")
        out.append(f'      <rule id="{rule}">{"".join(parts)}</rule>')
    return out + ["    </decisionTable>"]


def diagram(model):
    """Inputs in the bottom row, decisions above those they need."""
    level = {name: 0 for name, _ in model["inputs"]}
    for decision in model["decisions"]:
        level[decision["id"]] = 1 + max((level[need] for need in decision["needs"]), default=0)
    top, used, place, out = max(level.values()), {}, {}, []
    for name, height in level.items():
        used[height] = used.get(height, 0) + 1
        place[name] = (160 + 220 * (used[height] - 1), 80 + 140 * (top - height))
    out.append("  <dmndi:DMNDI>\n    <dmndi:DMNDiagram id=\"diagram\">")
    for name, (x, y) in place.items():
        is_input = level[name] == 0
        reference = f"input-{name}" if is_input else name
        out.append(f'      <dmndi:DMNShape id="shape-{name}" dmnElementRef="{reference}"><dc:Bounds height="{45 if is_input else 80}" width="{125 if is_input else 180}" x="{x}" y="{y}"/></dmndi:DMNShape>')
    for decision in model["decisions"]:
        for need in decision["needs"]:
            (x1, y1), (x2, y2) = place[need], place[decision["id"]]
            half = 62 if level[need] == 0 else 90
            out.append(f'      <dmndi:DMNEdge id="edge-{need}-{decision["id"]}" dmnElementRef="{decision["id"]}-needs-{need}">'
                       f'<di:waypoint x="{x1 + half}" y="{y1}"/><di:waypoint x="{x2 + 90}" y="{y2 + 80}"/></dmndi:DMNEdge>')
    return out + ["    </dmndi:DMNDiagram>\n  </dmndi:DMNDI>"]


def write(model):
    inputs = {name for name, _ in model["inputs"]}
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           f'<definitions xmlns="{MODEL}" {DI}', f'             id="{model["id"]}-model" name={quoteattr(model["name"])} namespace="urn:gaoxing:dmn:{model["id"]}">']
    out += description(model["text"], "  ")
    for name, kind in model["inputs"]:
        out.append(f'  <inputData id="input-{name}" name="{name}"><variable name="{name}" typeRef="{kind}"/></inputData>')
    for decision in model["decisions"]:
        out.append(f'  <decision id="{decision["id"]}" name={quoteattr(decision["name"])}>')
        out += description(decision["text"], "    ")
        out.append(f'    <variable name={quoteattr(decision["name"])}/>')
        for need in decision["needs"]:
            kind, reference = ("Input", f"input-{need}") if need in inputs else ("Decision", need)
            out.append(f'    <informationRequirement id="{decision["id"]}-needs-{need}"><required{kind} href="#{reference}"/></informationRequirement>')
        if decision["kind"] == "EXPRESSION":
            text = escape("\n".join(decision["expression"]))
            out.append(f'    <literalExpression id="{decision["id"]}-expression"><text>{text}</text></literalExpression>')
        else:
            out += table(decision)
        out.append("  </decision>")
    print("\n".join(out + diagram(model) + ["</definitions>"]))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as source:
        write(read(source))
