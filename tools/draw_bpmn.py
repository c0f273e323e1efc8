"""Draws a process: `draw_bpmn.py FILE.bpmn...` writes the diagram (BPMN DI) of each file anew from its elements and flows, and changes nothing else.

Columns run from left to right along the flows, lanes are rows in the order of the file; event sub-processes stand below. For processes written by hand;
one that was drawn with a modeller needs none of this."""
import re
import sys
import xml.etree.ElementTree as Tree
from xml.sax.saxutils import quoteattr

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
GAP, GUTTER, HEADER, STEP = 56, 40, 30, 7  # between columns; under each row; a pool's or lane's name; between parallel lines


def kind_of(element):
    return element.tag.replace(BPMN, "")


class Node:
    def __init__(self, element):
        self.element, self.id, self.kind = element, element.get("id"), kind_of(element)
        self.is_boundary = self.kind == "boundaryEvent"
        self.is_event_sub = self.kind == "subProcess" and element.get("triggeredByEvent") == "true"
        self.inside = Container(element) if self.kind == "subProcess" else None
        self.column = self.row = self.x = self.y = 0
        if self.inside:
            self.width, self.height = self.inside.width, self.inside.height
        else:
            self.width, self.height = (36, 36) if self.kind.endswith("Event") else (50, 50) if self.kind.endswith("Gateway") else (120, 76)

    @property
    def middle(self):
        return self.y + self.height / 2


class Container:
    """A process or an embedded sub-process, laid out from (0, 0)."""

    def __init__(self, element):
        self.element = element
        nodes = [Node(child) for child in element if isinstance(child.tag, str) and (kind_of(child).endswith(("Event", "Gateway", "Task", "task", "subProcess", "callActivity")))]
        self.nodes = {node.id: node for node in nodes}
        self.flows = [child for child in element if kind_of(child) == "sequenceFlow"]
        self.lane_of, self.lanes = {}, element.findall(f"{BPMN}laneSet/{BPMN}lane")
        for index, lane in enumerate(self.lanes):
            for reference in lane.findall(f"{BPMN}flowNodeRef"):
                self.lane_of[reference.text.strip()] = index
        self.placed = [node for node in nodes if not node.is_boundary and not node.is_event_sub]
        self.event_subs = [node for node in nodes if node.is_event_sub]
        self.boundaries = [node for node in nodes if node.is_boundary]
        self.edges = {}
        self.find_columns()
        self.find_rows()
        self.measure()
        self.route()

    def host(self, identity):
        node = self.nodes[identity]
        return self.nodes[node.element.get("attachedToRef")] if node.is_boundary else node

    def find_columns(self):
        out = {node.id: [] for node in self.placed}
        for flow in self.flows:
            out[self.host(flow.get("sourceRef")).id].append(flow.get("targetRef"))
        self.back, state = set(), {}

        def visit(identity):
            state[identity] = "open"
            for target in out[identity]:
                if state.get(target) == "open":
                    self.back.add((identity, target))
                elif target not in state:
                    visit(target)
            state[identity] = "done"

        for node in self.placed:
            if node.id not in state:
                visit(node.id)
        for _ in self.placed:
            for source, targets in out.items():
                for target in targets:
                    if (source, target) not in self.back:
                        self.nodes[target].column = max(self.nodes[target].column, self.nodes[source].column + 1)

    def find_rows(self):
        """A row is (lane, place in the lane); a node keeps the row it is reached from when that is free."""
        taken, reached_from = set(), {}
        for flow in self.flows:
            reached_from.setdefault(flow.get("targetRef"), self.host(flow.get("sourceRef")))
        for node in sorted(self.placed, key=lambda one: one.column):
            lane, before = self.lane_of.get(node.id, 0), reached_from.get(node.id)
            place = before.row[1] if before and isinstance(before.row, tuple) and before.row[0] == lane else 0
            while (lane, place, node.column) in taken:
                place = 0 if place and (lane, 0, node.column) not in taken else place + 1
            node.row = (lane, place)
            taken.add((lane, place, node.column))
        self.rows = sorted({node.row for node in self.placed})

    def measure(self):
        left = HEADER * 2 if self.lanes else 30
        columns = max((node.column for node in self.placed), default=0) + 1
        widths = [max((node.width for node in self.placed if node.column == c), default=0) for c in range(columns)]
        self.column_x, x = [], left + GAP
        for width in widths:
            self.column_x.append(x)
            x += width + GAP
        self.width = max(x, left + sum(sub.width + 40 for sub in self.event_subs) + 20)
        y, self.row_bottom, self.lane_box = 20, {}, {}
        for lane in range(max(len(self.lanes), 1)):
            top = y
            for row in [row for row in self.rows if row[0] == lane]:
                height = max(node.height for node in self.placed if node.row == row) + 16
                for node in self.placed:
                    if node.row == row:
                        node.x = self.column_x[node.column] + (widths[node.column] - node.width) / 2
                        node.y = y + (height - node.height) / 2
                self.row_bottom[row] = y + height
                y += height + GUTTER
            subs = [sub for sub in self.event_subs if self.lane_of.get(sub.id, 0) == lane]
            sub_x = left + 30
            for sub in subs:
                sub.x, sub.y = sub_x, y
                sub_x += sub.width + 40
            if subs:
                y += max(sub.height for sub in subs) + 30
            self.lane_box[lane] = (top - 20 if lane == 0 else top, max(y, top + 60))
            y = max(y, top + 60)
        self.height = y
        on_host = {}
        for node in self.boundaries:
            host = self.host(node.id)
            number = on_host[host.id] = on_host.get(host.id, 0) + 1
            node.x, node.y = host.x + host.width - 46 * number, host.y + host.height - 18

    def is_free(self, row, first, last):
        return not any(node.row == row and first < node.column < last for node in self.placed)

    def route(self):
        used = {}

        def track(line, owner):
            """Lines of one source may lie on each other, those of others lie beside them."""
            owners = used.setdefault(line, [])
            if owner not in owners:
                owners.append(owner)
            return (owners.index(owner) % 6) * STEP

        for flow in self.flows:
            start, target = self.nodes[flow.get("sourceRef")], self.nodes[flow.get("targetRef")]
            source = self.host(start.id)
            is_back = (source.id, target.id) in self.back
            gap_out = self.column_x[source.column] + max(node.width for node in self.placed if node.column == source.column) + 8 + track(("out", source.column), start.id)
            gap_in = self.column_x[target.column] - 10 - track(("in", target.column), target.id)
            end = [(target.x, target.middle)]
            between = (source.column, target.column)
            if start.is_boundary:
                x, bottom = start.x + 18, self.row_bottom[source.row] + 6 + track(("row", source.row), start.id)
                points = [(x, start.y + 36)]
                if target.row > source.row and self.is_free(target.row, *between) and source.column < target.column and not any(
                        node.column == source.column and source.row < node.row <= target.row for node in self.placed):
                    points += [(x, target.middle)]
                else:
                    points += [(x, bottom), (gap_in, bottom), (gap_in, target.middle)]
            elif not is_back and source.row == target.row and self.is_free(source.row, *between) and abs(source.middle - target.middle) < 1:
                points = [(source.x + source.width, source.middle)]
            elif not is_back and self.is_free(target.row, *between):
                points = [(source.x + source.width, source.middle), (gap_out, source.middle), (gap_out, target.middle)]
            elif not is_back and self.is_free(source.row, *between):
                points = [(source.x + source.width, source.middle), (gap_in, source.middle), (gap_in, target.middle)]
            else:
                bottom = self.row_bottom[source.row] + 6 + track(("row", source.row), start.id)
                points = [(source.x + source.width, source.middle), (gap_out, source.middle), (gap_out, bottom), (gap_in, bottom), (gap_in, target.middle)]
            self.edges[flow.get("id")] = (points + end, flow.get("name"))


def shapes(container, dx, dy, out):
    for node in container.nodes.values():
        x, y = node.x + dx, node.y + dy
        extra = ' isExpanded="true"' if node.inside else ' isMarkerVisible="true"' if node.kind == "exclusiveGateway" else ""
        out.append(f'      <bpmndi:BPMNShape id="shape-{node.id}" bpmnElement="{node.id}"{extra}><dc:Bounds x="{x:g}" y="{y:g}" width="{node.width:g}" height="{node.height:g}"/></bpmndi:BPMNShape>')
        if node.inside:
            shapes(node.inside, x, y, out)
    for identity, (points, name) in container.edges.items():
        way = "".join(f'<di:waypoint x="{x + dx:g}" y="{y + dy:g}"/>' for x, y in points)
        label = ""
        if name:
            x, y = points[-2]
            label = f'<bpmndi:BPMNLabel><dc:Bounds x="{x + dx + 4:g}" y="{points[-1][1] + dy - 18:g}" width="{14 * len(name):g}" height="14"/></bpmndi:BPMNLabel>'
        out.append(f'      <bpmndi:BPMNEdge id="edge-{identity}" bpmnElement="{identity}">{way}{label}</bpmndi:BPMNEdge>')


def diagram(root):
    process = root.find(f"{BPMN}process")
    participant = root.find(f"{BPMN}collaboration/{BPMN}participant")
    container, left, top = Container(process), 100, 80
    plane = root.find(f"{BPMN}collaboration").get("id") if participant is not None else process.get("id")
    out = ['  <bpmndi:BPMNDiagram id="diagram">', f'    <bpmndi:BPMNPlane id="plane" bpmnElement={quoteattr(plane)}>']
    if participant is not None:
        identity = participant.get("id")
        out.append(f'      <bpmndi:BPMNShape id="shape-{identity}" bpmnElement="{identity}" isHorizontal="true">'
                   f'<dc:Bounds x="{left}" y="{top}" width="{container.width:g}" height="{container.height:g}"/></bpmndi:BPMNShape>')
    for index, lane in enumerate(container.lanes):
        first, last = container.lane_box[index]
        out.append(f'      <bpmndi:BPMNShape id="shape-{lane.get("id")}" bpmnElement="{lane.get("id")}" isHorizontal="true">'
                   f'<dc:Bounds x="{left + HEADER}" y="{top + first:g}" width="{container.width - HEADER:g}" height="{last - first:g}"/></bpmndi:BPMNShape>')
    shapes(container, left, top, out)
    return "\n".join(out + ["    </bpmndi:BPMNPlane>", "  </bpmndi:BPMNDiagram>"])


def draw(path):
    with open(path, encoding="utf-8") as source:
        text = source.read()
    bare = re.sub(r"\s*<bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>", "", text, flags=re.S)
    drawn = bare.replace("</definitions>", diagram(Tree.fromstring(bare.encode())) + "\n</definitions>")
    with open(path, "w", encoding="utf-8") as to:
        to.write(drawn)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for name in sys.argv[1:]:
        draw(name)
