// A decision table for the stand-in.
const rules = [
  ['r1', '&gt;= 1000', '"A106"', '能评'],
  ['r2', '&lt; 1000', '"none"', '只填声明'],
];
const cell = (kind, id, text) => `<${kind} id="${id}"><text>${text}</text></${kind}>`;
export const decisionXml = `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="defs" name="needed" namespace="urn:sample">
<decision id="D08" name="需要的事项"><decisionTable id="t" hitPolicy="FIRST">
<input id="i1" label="年综合能耗 tce"><inputExpression id="e1" typeRef="number"><text>project.energyTce</text></inputExpression></input>
<output id="o1" label="事项" name="matter" typeRef="string"/><output id="o2" label="说明" name="note" typeRef="string"/>
${rules.map(([id, input, output, note]) => `<rule id="${id}">${cell('inputEntry', `${id}i`, input)}${cell('outputEntry', `${id}o`, output)}${cell('outputEntry', `${id}n`, `"${note}"`)}</rule>`).join('\n')}
</decisionTable></decision></definitions>`;
