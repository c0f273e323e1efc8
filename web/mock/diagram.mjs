// A process drawn for the stand-in: five elements in a row.
const nodes = [
  ['startEvent', 'E_submit', '提交申请', 160, 36, 36],
  ['userTask', 'E_intake', '收件核验', 260, 110, 80],
  ['userTask', 'E_correction', '补正', 430, 110, 80],
  ['userTask', 'E_review', '部门审查', 600, 110, 80],
  ['userTask', 'E_decision', '会签决定', 770, 110, 80],
  ['serviceTask', 'E_issue', '同步发证', 940, 110, 80],
  ['endEvent', 'E_end', '办结', 1110, 36, 36],
];
const flows = nodes.slice(1).map((node, index) => [`F_${index}`, nodes[index], node]);
export const diagramXml = `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" id="D" targetNamespace="urn:sample">
<process id="P" isExecutable="true">
${nodes.map(([kind, id, name]) => `<${kind} id="${id}" name="${name}"/>`).join('\n')}
${flows.map(([id, from, to]) => `<sequenceFlow id="${id}" sourceRef="${from[1]}" targetRef="${to[1]}"/>`).join('\n')}
</process>
<bpmndi:BPMNDiagram id="DI"><bpmndi:BPMNPlane id="PL" bpmnElement="P">
${nodes.map(([, id, , x, w, h]) => `<bpmndi:BPMNShape id="S_${id}" bpmnElement="${id}"><dc:Bounds x="${x}" y="${140 - h / 2}" width="${w}" height="${h}"/></bpmndi:BPMNShape>`).join('\n')}
${flows.map(([id, from, to]) => `<bpmndi:BPMNEdge id="S_${id}" bpmnElement="${id}"><di:waypoint x="${from[3] + from[4]}" y="140"/><di:waypoint x="${to[3]}" y="140"/></bpmndi:BPMNEdge>`).join('\n')}
</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>`;
