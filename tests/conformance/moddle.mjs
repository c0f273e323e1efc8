// moddle.mjs WEB SOURCE WRITTEN: bpmn-moddle, the parser of bpmn-js, reads what we wrote as it reads the source: no more warnings, the same model.
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [web, source, written] = process.argv.slice(2)
const require = createRequire(pathToFileURL(join(web, 'package.json')))
const module = await import(pathToFileURL(require.resolve('bpmn-moddle')))
const BpmnModdle = module.BpmnModdle ?? module.default

async function read(folder, name) {
  const moddle = new BpmnModdle()
  const { rootElement, warnings } = await moddle.fromXML(readFileSync(join(folder, name), 'utf8'))
  const { xml } = await moddle.toXML(rootElement)
  return { xml, warnings: warnings.map((warning) => warning.message) }
}

let different = 0
const names = readdirSync(source).filter((name) => name.endsWith('.bpmn'))
for (const name of names) {
  const [before, after] = [await read(source, name), await read(written, name)]
  if (before.xml !== after.xml || after.warnings.length > before.warnings.length) {
    console.log(`${name}: ${after.warnings.length} warnings, the source has ${before.warnings.length}`, after.warnings.slice(0, 3))
    different++
  }
}
console.log(`${names.length - different} of ${names.length} models read by bpmn-moddle as their source`)
process.exit(different || names.length === 0 ? 1 : 0)
