// The work of bench/bpmn on bpmn-engine. Arguments: FOLDER SECONDS.
// The definition is parsed and its context made once; each instance is a Definition run to its end.
import { readFile } from "node:fs/promises";
import { Engine } from "bpmn-engine";

const [folder, seconds] = [process.argv[2], Number(process.argv[3] ?? 0.3)];
const ROUNDS = 7;

/** Nanoseconds of one instance: the median of seven after a warm-up of three seconds. */
async function measure(once) {
  const times = [];
  for (let round = -Math.ceil(3 / seconds); round < ROUNDS; round++) {
    const begun = process.hrtime.bigint();
    let taken, count = 0;
    do {
      await once();
      count++;
      taken = Number(process.hrtime.bigint() - begun);
    } while (taken < seconds * 1e9);
    if (round >= 0) times.push(taken / count);
  }
  return times.sort((a, b) => a - b)[ROUNDS >> 1];
}

const rows = { "five automatic steps": "five.bpmn", "parallel split and join of three": "split.bpmn" };
for (const [row, file] of Object.entries(rows)) {
  const source = await readFile(`${folder}/${file}`, "utf8");
  const first = new Engine({ name: row, source });
  const [definition] = await first.getDefinitions();
  const context = definition.context;
  let left = 0;
  const once = () => {
    const copy = new definition.constructor(context.clone());
    return new Promise((done, failed) =>
      copy.run((error) => {
        if (error) return failed(error);
        left += copy.isRunning ? 1 : 0;
        done();
      }));
  };
  const ns = await measure(once);
  if (left) throw new Error(`${row}: instances did not end`);
  console.log(JSON.stringify({ row, ns: Math.round(ns) }));
}
