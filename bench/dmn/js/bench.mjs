// The work of bench/dmn on feelin (expressions) or dmn-eval-js (tables): node --expose-gc bench.mjs ENGINE FOLDER SECONDS
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { evaluate } from 'feelin';

const { decisionTable } = createRequire(import.meta.url)('@hbtgmbh/dmn-eval-js');
const [engine, folder, seconds] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const { rows } = JSON.parse(readFileSync(join(folder, 'work.json'), 'utf8'));

/** Nanoseconds of one evaluation: the median of seven, after a warm-up of three times that length. */
async function measure(round) {
  const times = [];
  for (let i = -3; i < 7; i++) {
    const begun = process.hrtime.bigint();
    let count = 0, taken = 0;
    do {
      count += await round();
      taken = Number(process.hrtime.bigint() - begun);
    } while (taken < seconds * 1e9);
    if (i >= 0) times.push(taken / count);
  }
  return times.sort((a, b) => a - b)[3];
}

/** Bytes that live on for each of a hundred (or fewer) models. */
async function bytesOf(make, count) {
  globalThis.gc();
  const before = process.memoryUsage().heapUsed, kept = [];
  for (let i = 0; i < count; i++) kept.push(await make());
  globalThis.gc();
  return Math.round((process.memoryUsage().heapUsed - before) / kept.length);
}

async function run(row) {
  if (engine === 'feelin') {
    // It has no prepared form: evaluate() parses each time.
    const round = () => {
      for (const inputs of row.inputs) evaluate(row.expression, inputs);
      return row.inputs.length;
    };
    return { answers: row.inputs.map((inputs) => evaluate(row.expression, inputs).value), each: await measure(round) };
  }
  const xml = readFileSync(join(folder, row.files['1.1']), 'utf8'), parse = () => decisionTable.parseDmnXml(xml), [name] = row.decisions;
  const model = await parse(), decide = (inputs) => decisionTable.evaluateDecision(name, model, inputs);
  const round = () => {
    for (const inputs of row.inputs) decide(inputs);
    return row.inputs.length;
  };
  return {
    answers: row.inputs.map((inputs) => decide(inputs)[name]),
    prepared: await measure(round),
    compile: await measure(async () => (await parse(), 1)),
    bytes: await bytesOf(parse, row.name.includes('2,000') ? 3 : 50),
  };
}

for (const row of rows) {
  if ((engine === 'feelin') !== (row.kind === 'expression') || (engine !== 'feelin' && !row.files['1.1'])) continue;
  console.log(JSON.stringify({ row: row.name, ...(await run(row).catch((error) => ({ error: String(error) }))) }));
}
