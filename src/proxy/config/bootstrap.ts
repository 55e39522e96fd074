/**
 * Reads Envoy's bootstrap file: binary (.pb) as our own sidecars get it, or JSON and YAML, for which the reflection they need is loaded.
 */
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { Bootstrap } from '../../xds/gen/envoy/config/bootstrap/v3/bootstrap.ts'

const TYPE = 'envoy.config.bootstrap.v3.Bootstrap'

/** @throws (rejects) naming the file, and the field where there is one */
export async function readBootstrap(file: string): Promise<Bootstrap> {
  const bytes = await readFile(file)
  try {
    return Bootstrap.decode(await encoded(bytes, extname(file)))
  } catch (error) {
    throw new Error(`Cannot read bootstrap: "${file}", ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function encoded(bytes: Buffer, extension: string): Promise<Uint8Array> {
  if (extension === '.pb') return bytes
  const { jsonToBytes } = await import('../../xds/wire/json.ts')
  if (extension === '.json') return jsonToBytes(TYPE, JSON.parse(bytes.toString()))
  if (extension !== '.yaml' && extension !== '.yml')
    throw new Error(`its name ends in "${extension}", expected .pb, .json or .yaml`)
  const { parse } = await import('yaml')
  return jsonToBytes(TYPE, parse(bytes.toString()))
}
